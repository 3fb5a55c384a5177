import { isIPv6 } from 'node:net';

/** Where a server accepts connections. */
export type Listen =
  /** An empty host stands for every address of this machine; port 0 for a free one. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** A listening socket that the parent opened, TCP or unix, as systemd hands it over. */
  | { readonly kind: 'fd'; readonly fd: number };

/** The address of the Go program that this one follows. */
export const DEFAULT_LISTEN: Listen = { kind: 'tcp', host: '0.0.0.0', port: 9104 };

const ADDRESS = /^(?:\[(?<v6>[^[\]]*)\]|(?<host>[\w.-]*)):(?<port>\d{1,5})$/;

/** Reads `HOST:PORT`, `:PORT` or `[IPV6]:PORT`. */
export function parseListenAddress(text: string): Listen | { readonly problem: string } {
  const groups = ADDRESS.exec(text)?.groups;
  const port = Number(groups?.['port']);
  const v6 = groups?.['v6'];
  if (groups === undefined || port > 65_535 || (v6 !== undefined && !isIPv6(v6))) {
    return { problem: `expected HOST:PORT such as "0.0.0.0:9104" or "[::1]:9104", got "${text}"` };
  }
  return { kind: 'tcp', host: v6 ?? groups['host'] ?? '', port };
}
