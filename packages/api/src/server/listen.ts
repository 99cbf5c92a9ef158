import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import type { ListenAddress } from './listen-address.js';
import { listenErrorOf } from './listen-error.js';

/** The default mode of a unix socket: only its owner may connect. */
const MODE = 0o600;

/** Whether a server accepts connections on a unix socket. */
async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Removes the socket file of a server that no longer runs. Other files are not touched. */
async function removeStale(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats?.isSocket() || (await answers(path))) return false;
  await unlink(path);
  return true;
}

async function bind(server: Server, address: ListenAddress, mode: number): Promise<void> {
  if (address.kind === 'tcp') server.listen({ host: address.host, port: address.port });
  else if (address.kind === 'fd') server.listen({ fd: address.fd });
  else {
    // listen() creates the file: with this umask, it has its mode before anybody can connect.
    const umask = process.umask(0o777 & ~mode);
    try {
      server.listen({ path: address.path });
    } finally {
      process.umask(umask);
    }
  }
  await once(server, 'listening');
}

/** Makes the server listen. @throws ListenError */
export async function listenOn(server: Server, address: ListenAddress, text: string, mode = MODE): Promise<void> {
  try {
    await bind(server, address, mode);
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!taken || address.kind !== 'unix' || !(await removeStale(address.path))) throw listenErrorOf(text, error);
    await bind(server, address, mode).catch(second => {
      throw listenErrorOf(text, second);
    });
  }
}
