import { fstatSync, readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isWildcard, type ListenAddress } from './listen-address.js';

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** The path of an inherited unix socket, found by its inode; `fd:3` if it has none. Node cannot ask the socket. */
function pathOf(fd: number): string {
  const inode = String(fstatSync(fd).ino);
  const sockets = readFileSync('/proc/net/unix', 'latin1').split('\n');
  return sockets.map(line => line.split(/ +/)).find(fields => fields[6] === inode)?.[7] ?? `fd:${fd}`;
}

/** The address that a socket is bound to: shows the port that was chosen, and the address of an inherited socket. */
export function boundAddress(server: Server, asked: ListenAddress): ListenAddress {
  const bound = server.address();
  if (bound === null || typeof bound === 'string')
    return asked.kind === 'fd' ? { kind: 'unix', path: pathOf(asked.fd) } : asked;
  return {
    kind: 'tcp',
    host: bound.address,
    port: bound.port,
    ...(asked.kind === 'tcp' && asked.name && { name: asked.name }),
  };
}

/** The URLs of a server: one for each address of this host that it listens on, or `unix:/path`. */
export function urlsOf(address: ListenAddress, scheme: 'http' | 'https'): string[] {
  if (address.kind === 'unix') return [`unix:${address.path}`];
  if (address.kind === 'fd') return [`fd:${address.fd}`];
  const hosts = isWildcard(address)
    ? Object.values(networkInterfaces())
        .flatMap(addresses => addresses ?? [])
        .filter(({ family, scopeid }) => !scopeid && (family === 'IPv4' || address.host.includes(':')))
        .sort((one, other) => Number(other.internal) - Number(one.internal))
        .map(({ address: host }) => host)
    : [address.host];
  return (hosts.length > 0 ? hosts : [address.host]).map(host => `${scheme}://${bracketed(host)}:${address.port}`);
}
