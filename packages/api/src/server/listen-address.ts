import { lookup } from 'node:dns/promises';
import { stat } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { dirname } from 'node:path';
import { ListenError, listenErrorOf } from './listen-error.js';

/** Where to listen. */
export type ListenAddress =
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number /** As it was written, when it was a name. */;
      readonly name?: string;
    }
  | { readonly kind: 'unix'; readonly path: string }
  /** A socket that another program opened and handed over. */
  | { readonly kind: 'fd'; readonly fd: number };

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only programs on this host reach it. Of a socket that was handed over nobody knows before it is looked at. */
export const isLocal = (address: ListenAddress): boolean =>
  address.kind === 'unix' ||
  (address.kind === 'tcp' && loopback.check(address.host, isIP(address.host) === 6 ? 'ipv6' : 'ipv4'));

/** Whether it means every address of the host. */
export const isWildcard = (address: ListenAddress): boolean =>
  address.kind === 'tcp' && (address.host === '0.0.0.0' || /^[0:]+$/.test(address.host));

/** `sizeof(sun_path)` (linux/un.h) less the ending zero. */
const MAX_SOCKET_PATH = 107;

const EXPECTED = "expected '127.0.0.1:4680', '[::1]:4680', 'localhost:4680', 'unix:/path/to/socket' or 'fd:3'";

/** `host:port`, `[v6]:port`, `unix:/path` or `fd:3` to an address; a name is resolved. @throws ListenError */
export async function parseListen(text: string): Promise<ListenAddress> {
  if (text.startsWith('unix:')) {
    const path = text.slice(5);
    if (!path.startsWith('/') || path.endsWith('/') || path.includes('\0'))
      throw new ListenError('LISTEN_INVALID', `'${text}' has no absolute path of a socket; ${EXPECTED}`, text);
    // libuv would cut a longer path short, and call a missing folder a missing permission.
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH)
      throw new ListenError(
        'LISTEN_INVALID',
        `the path of a socket has at most ${MAX_SOCKET_PATH} bytes; take a shorter one`,
        text,
      );
    await stat(dirname(path)).catch(error => {
      throw listenErrorOf(text, error);
    });
    return { kind: 'unix', path };
  }
  const fd = /^fd:(\d{1,4})$/.exec(text)?.[1];
  if (fd !== undefined) {
    // 0 to 2 are the program's own.
    if (Number(fd) < 3)
      throw new ListenError(
        'LISTEN_INVALID',
        `'${text}' is no socket; sockets that are handed over begin at fd:3`,
        text,
      );
    return { kind: 'fd', fd: Number(fd) };
  }
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > 65535 || (match?.[1] !== undefined && isIP(host) !== 6))
    throw new ListenError('LISTEN_INVALID', `'${text}' is no address to listen on; ${EXPECTED}`, text);
  if (isIP(host) !== 0) return { kind: 'tcp', host, port };
  try {
    const { address } = await lookup(host);
    return { kind: 'tcp', host: address, port, name: host.toLowerCase() };
  } catch (error) {
    throw listenErrorOf(text, error);
  }
}
