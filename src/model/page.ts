/** One exposition as finished bytes. It is never changed; a reader may keep an old one. */
export interface Page {
  readonly identity: Body;
  readonly gzip: Body;
  readonly series: number;
}

export interface Body {
  /** To be sent one after the other. */
  readonly buffers: readonly Uint8Array[];
  /** The sum of their lengths. */
  readonly bytes: number;
}

/** Which tasks a narrowed page shows. Names of one kind are alternatives, kinds are combined; empty: no restriction. */
export interface Selection {
  readonly queries: readonly string[];
  readonly targets: readonly string[];
  readonly groups: readonly string[];
  readonly collectors: readonly string[];
}

/** A page, or the names in the selection that do not exist, such as `query "ordrs"`. */
export type NarrowedPage =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'unknown'; readonly names: readonly string[] };
