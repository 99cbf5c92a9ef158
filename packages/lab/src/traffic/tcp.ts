import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Family, TcpState, Tuple } from '@conntrack/flow';
import type { Namespace } from '../namespace.js';
import { within } from './deadline.js';
import type { TrafficHandle } from './handle.js';
import { type Services, TOKEN, tokenBytes } from './services.js';
import { connectTcp, type Endpoint } from './sockets.js';

/** Counts the received bytes, and reports when a number of bytes has arrived. */
class Receiver {
  #pending = 0;
  #wake: (() => void) | undefined;
  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#pending += chunk.length;
      this.#wake?.();
    });
  }
  async take(bytes: number): Promise<void> {
    while (this.#pending < bytes)
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    this.#pending -= bytes;
  }
}

/** Resolves when both sockets are closed, with or without an error. */
const bothClosed = (...sockets: Socket[]): Promise<unknown> =>
  Promise.all(
    sockets.map(socket => socket.closed || new Promise<void>(resolve => socket.once('close', () => resolve()))),
  );

/** Number of bytes in each direction. */
export interface Exchange {
  /** From the end that connected. Default: 200. */
  up?: number;
  /** From the end that accepted. Default: 1000. */
  down?: number;
}

/** A TCP connection with access to both ends. */
export class TcpConnection implements TrafficHandle {
  readonly protocol = 'tcp';
  readonly protonum = 6;
  readonly original: Tuple;
  readonly reply: Tuple;
  /** The end that connected. */
  readonly near: Socket;
  /** The end that accepted. */
  readonly far: Socket;
  /** The state of the router's entry after the last step. */
  state: TcpState = 'ESTABLISHED';
  readonly #receivers: { near: Receiver; far: Receiver };

  constructor(
    readonly family: Family,
    near: Socket,
    far: Socket,
    to: Endpoint,
  ) {
    this.near = near;
    this.far = far;
    this.#receivers = { near: new Receiver(near), far: new Receiver(far) };
    this.original = { src: near.localAddress!, dst: to.address, sport: near.localPort!, dport: to.port };
    this.reply = { src: far.localAddress!, dst: far.remoteAddress!, sport: far.localPort!, dport: far.remotePort! };
  }

  /** Sends bytes one way and then the other, and waits until they have arrived. */
  async exchange({ up = 200, down = 1000 }: Exchange = {}): Promise<void> {
    this.near.write(Buffer.alloc(up, 0x2e));
    await within(this.#receivers.far.take(up), 'send over TCP');
    this.far.write(Buffer.alloc(down, 0x2e));
    await within(this.#receivers.near.take(down), 'answer over TCP');
  }

  /** Closes the near end for writing; the far end stays open: CLOSE_WAIT. */
  async halfClose(): Promise<void> {
    const ended = once(this.far, 'end');
    this.near.end();
    await within(ended, 'half-close a TCP connection');
    this.state = 'CLOSE_WAIT';
  }

  /** Closes both ends in order: TIME_WAIT. */
  async end(): Promise<void> {
    if (this.state === 'ESTABLISHED') await this.halfClose();
    const closed = bothClosed(this.near, this.far);
    this.far.end();
    await within(closed, 'close a TCP connection');
    this.state = 'TIME_WAIT';
  }

  /** Resets the connection from the near end: CLOSE. */
  async reset(): Promise<void> {
    const closed = bothClosed(this.near, this.far);
    this.near.resetAndDestroy();
    await within(closed, 'reset a TCP connection');
    this.state = 'CLOSE';
  }

  get closed(): boolean {
    return this.near.closed && this.far.closed;
  }

  /** Destroys both sockets without an orderly close. */
  async close(): Promise<void> {
    this.near.destroy();
    this.far.destroy();
    await bothClosed(this.near, this.far);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Source and destination of a connection, and the address that answers: behind a port forward it is another one. */
export interface TcpRoute {
  family: Family;
  from: { namespace: Namespace; at: Endpoint };
  to: Endpoint;
  answers: { namespace: Namespace; at: Endpoint };
}

/** Connects, and waits until both ends have found each other. */
export async function establish(services: Services, route: TcpRoute): Promise<TcpConnection> {
  const { token, accepted } = await services.tcp(route.answers.namespace, route.answers.at);
  const near = connectTcp(route.from.namespace, route.from.at, route.to);
  const failed = new Promise<never>((_, reject) => near.on('error', reject));
  failed.catch(() => {});
  near.write(tokenBytes(token, TOKEN));
  try {
    const step = `connect to ${route.to.address} port ${route.to.port}`;
    const far = await within(Promise.race([accepted, failed]), step);
    return new TcpConnection(route.family, near, far, route.to);
  } catch (error) {
    services.forget(token);
    near.destroy();
    throw error;
  }
}
