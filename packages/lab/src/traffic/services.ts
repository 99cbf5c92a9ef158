import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import type { Namespace } from '../namespace.js';
import { type Endpoint, listenTcp, openDatagram } from './sockets.js';

/** Bytes of the token that opens every conversation. */
export const TOKEN = 4;

/** Returns a token as the bytes that open its conversation. */
export function tokenBytes(token: number, length = TOKEN): Buffer {
  const bytes = Buffer.alloc(Math.max(length, TOKEN), 0x2e);
  bytes.writeUInt32BE(token);
  return bytes;
}

/**
 * The far ends of the traffic. Addresses and ports may change on the way, so each conversation opens with a token by which both ends find
 * each other.
 */
export class Services {
  readonly #tcp = new Map<string, Promise<Server>>();
  readonly #udp = new Map<string, Promise<DatagramSocket>>();
  readonly #accepting = new Map<number, (socket: Socket) => void>();
  readonly #answering = new Map<number, (from: Endpoint) => Buffer | undefined>();
  readonly #sockets = new Set<Socket>();
  #last = 0;

  /** Makes sure that there is a TCP server at an address. Returns the token to send first; `accepted` resolves to the far end. */
  async tcp(namespace: Namespace, at: Endpoint): Promise<{ token: number; accepted: Promise<Socket> }> {
    const key = `${at.address} ${at.port}`;
    if (!this.#tcp.has(key))
      this.#tcp.set(
        key,
        listenTcp(namespace, at, socket => this.#accept(socket)),
      );
    await this.#tcp.get(key);
    const token = ++this.#last;
    const accepted = new Promise<Socket>(resolve => this.#accepting.set(token, resolve));
    return { token, accepted };
  }

  /** Makes sure that there is a UDP server at an address. Returns the token with which datagrams begin; `answer` returns the reply, if any. */
  async udp(namespace: Namespace, at: Endpoint, answer: (from: Endpoint) => Buffer | undefined): Promise<number> {
    const key = `${at.address} ${at.port}`;
    if (!this.#udp.has(key)) this.#udp.set(key, this.#openUdp(namespace, at));
    await this.#udp.get(key);
    const token = ++this.#last;
    this.#answering.set(token, answer);
    return token;
  }

  /** Ends a conversation. */
  forget(token: number): void {
    this.#accepting.delete(token);
    this.#answering.delete(token);
  }

  /** Closes all servers and the connections that they accepted. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const servers = await Promise.allSettled([...this.#tcp.values(), ...this.#udp.values()]);
    this.#tcp.clear();
    this.#udp.clear();
    await Promise.all(
      servers.map(
        server => server.status === 'fulfilled' && new Promise<void>(resolve => server.value.close(() => resolve())),
      ),
    );
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // Resets are part of the traffic.
    socket.on('error', () => {});
    socket.once('readable', () => {
      const token = (socket.read(TOKEN) as Buffer | null)?.readUInt32BE();
      const accept = token === undefined ? undefined : this.#accepting.get(token);
      if (accept === undefined) return socket.destroy();
      this.#accepting.delete(token!);
      return accept(socket);
    });
  }

  async #openUdp(namespace: Namespace, at: Endpoint): Promise<DatagramSocket> {
    const socket = await openDatagram(namespace, at);
    socket.on('error', () => {});
    return socket.on('message', (data, { address, port }) => {
      const answer = data.length < TOKEN ? undefined : this.#answering.get(data.readUInt32BE())?.({ address, port });
      if (answer !== undefined) socket.send(answer, port, address);
    });
  }
}
