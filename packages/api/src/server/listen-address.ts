import { lookup } from 'node:dns/promises';
import { stat } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { dirname } from 'node:path';
import { ListenError, listenErrorOf } from './listen-error.js';

/** The default listen address. */
export const DEFAULT_LISTEN = '127.0.0.1:4680';

/** A resolved listen address. */
export type ListenAddress =
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number /** The host name, if one was given. */;
      readonly name?: string;
    }
  | { readonly kind: 'unix'; readonly path: string }
  /** A socket that another program opened and passed on. */
  | { readonly kind: 'fd'; readonly fd: number };

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only programs on this host can connect. False for an inherited socket, whose address is not known yet. */
export const isLocal = (address: ListenAddress): boolean =>
  address.kind === 'unix' ||
  (address.kind === 'tcp' && loopback.check(address.host, isIP(address.host) === 6 ? 'ipv6' : 'ipv4'));

/** Whether the address means all addresses of the host. */
export const isWildcard = (address: ListenAddress): boolean =>
  address.kind === 'tcp' && (address.host === '0.0.0.0' || /^[0:]+$/.test(address.host));

/** `sizeof(sun_path)` (linux/un.h) without the final zero. */
const MAX_SOCKET_PATH = 107;

const MAX_PORT = 65_535;

const EXPECTED = "expected '127.0.0.1:4680', '[::1]:4680', 'localhost:4680', 'unix:/path/to/socket' or 'fd:3'";

/** A parsed listen address. The host is a name or an IP address. */
export type ListenText =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };

/** Parses `host:port`, `[v6]:port`, `unix:/path` or `fd:3`, without resolving names. @throws ListenError */
export function readListen(text: string): ListenText {
  const refuse = (why: string): never => {
    throw new ListenError('LISTEN_INVALID', why, text);
  };
  if (text.startsWith('unix:')) {
    const path = text.slice(5);
    if (!path.startsWith('/') || path.endsWith('/') || path.includes('\0'))
      refuse(`'${text}' has no absolute socket path; ${EXPECTED}`);
    // libuv would truncate a longer path, and report a missing folder as a missing permission.
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH)
      refuse(`the path of a socket can have at most ${MAX_SOCKET_PATH} bytes. Use a shorter path`);
    return { kind: 'unix', path };
  }
  const fd = /^fd:(\d{1,4})$/.exec(text)?.[1];
  if (fd !== undefined) {
    // 0 to 2 are stdin, stdout and stderr.
    if (Number(fd) < 3) refuse(`'${text}' is not an inherited socket; inherited sockets begin at fd:3`);
    return { kind: 'fd', fd: Number(fd) };
  }
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s/]+)):(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined || (match[1] !== undefined && isIP(host) !== 6))
    return refuse(`'${text}' is not an address to listen on; ${EXPECTED}`);
  const port = Number(match[3]);
  if (port > MAX_PORT) refuse(`'${text}': port ${match[3]} is out of range; a port is a number from 0 to ${MAX_PORT}`);
  return { kind: 'tcp', host, port };
}

/** Parses a listen address and resolves its name. @throws ListenError */
export async function parseListen(text: string): Promise<ListenAddress> {
  const said = readListen(text);
  if (said.kind === 'unix')
    await stat(dirname(said.path)).catch(error => {
      throw listenErrorOf(text, error);
    });
  if (said.kind !== 'tcp') return said;
  const { host, port } = said;
  if (isIP(host) !== 0) return { kind: 'tcp', host, port };
  try {
    const { address } = await lookup(host);
    return { kind: 'tcp', host: address, port, name: host.toLowerCase() };
  } catch (error) {
    throw listenErrorOf(text, error);
  }
}
