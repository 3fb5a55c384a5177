/** Finds a statement on its server again: plain data that outlives the thread that sent it. */
export interface RunMark {
  /** The server's id of the connection; empty for engines that need none. */
  readonly connectionId: string;
  /** The address that the connection reached: a host name may stand for several servers. */
  readonly address: string;
  /** A text that stands in the statement as the server shows it. */
  readonly marker: string;
  /** What the server wants to hear from whoever stops the statement; never shown. Null where it wants nothing. */
  readonly cancelKey: string | null;
}
