import { UsageError } from '../../process/usage-error.js';

/** A server, and how to reach it. */
export interface Endpoint {
  /** `https://edge:4680`, or `unix:/run/conntrack/api.sock`. */
  server: string;
  /** A file with the token. */
  tokenFile?: string;
  /** The network namespace of the server whose table is used. Default: the server's own. */
  netns?: string;
  /** Files in PEM: the CA that signed the server's certificate, and the client's certificate and key. */
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
}

/** Checks the address of a server. `where` is the option or the setting that has it. @throws UsageError */
export function checkServer(server: string, where: string): string {
  if (/^unix:\/.|^https?:\/\/[^/]/i.test(server) && (server.startsWith('unix:') || URL.canParse(server))) return server;
  const meant = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i.test(server) ? `. Did you mean http://${server}?` : '';
  throw new UsageError(
    `${where}: must be a URL (http://127.0.0.1:4680) or the path of a socket (unix:/run/conntrack/api.sock), got '${server}'${meant}`,
  );
}
