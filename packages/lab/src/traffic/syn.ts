import type { Socket } from 'node:net';
import { type Family, invertTuple, type TcpState, type Tuple } from '@conntrack/flow';
import type { Namespace } from '../namespace.js';
import type { TrafficHandle } from './handle.js';
import { connectTcp, type Endpoint } from './sockets.js';

const TCP = 6;

/** Source and destination of a SYN without an answer, and the address that the router gives to the source. */
export interface SynRoute {
  family: Family;
  namespace: Namespace;
  from: Endpoint;
  to: Endpoint;
  seenFrom: string;
}

/** A SYN that nobody answers. The kernel repeats it (after 1 s, 3 s, 7 s …) until it is closed. */
export class UnansweredSyn implements TrafficHandle {
  readonly family: Family;
  readonly protocol = 'tcp';
  readonly protonum = TCP;
  readonly state: TcpState = 'SYN_SENT';
  readonly original: Tuple;
  /** Assumes that NAT keeps the port, which is true unless another host uses the same one. */
  readonly reply: Tuple;
  readonly #socket: Socket;

  constructor(route: SynRoute) {
    const socket = connectTcp(route.namespace, route.from, route.to);
    socket.on('error', () => {});
    this.family = route.family;
    this.original = { src: route.from.address, dst: route.to.address, sport: socket.localPort!, dport: route.to.port };
    this.reply = { ...invertTuple(this.original, TCP), dst: route.seenFrom };
    this.#socket = socket;
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    const closed = new Promise(resolve => this.#socket.once('close', resolve));
    this.#socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
