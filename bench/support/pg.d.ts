/** What is used of `pg`, which comes without types. */
declare module 'pg' {
  class Client {
    constructor(options: Readonly<Record<string, string | number | undefined>>);
    connect(): Promise<void>;
    query(sql: string): Promise<unknown>;
    end(): Promise<void>;
  }
  const pg: { readonly Client: typeof Client };
  export default pg;
}
