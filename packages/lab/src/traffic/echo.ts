import type { Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Family, invertTuple, type Tuple } from '@conntrack/flow';
import type { Namespace } from '../namespace.js';
import { within } from './deadline.js';
import type { TrafficHandle } from './handle.js';
import { openDatagram } from './sockets.js';

/** The protocol numbers and echo request types of ICMP (RFC 792) and ICMPv6 (RFC 4443). */
const ECHO: Readonly<Record<Family, { protocol: string; protonum: number; type: number }>> = {
  ipv4: { protocol: 'icmp', protonum: 1, type: 8 },
  ipv6: { protocol: 'icmpv6', protonum: 58, type: 128 },
};

/** Source and destination of echo requests, and the address that the router gives to the source. */
export interface EchoRoute {
  family: Family;
  namespace: Namespace;
  from: string;
  to: string;
  seenFrom: string;
}

/** Echo requests from one ping socket. The kernel at the far end answers. */
export class Echo implements TrafficHandle {
  readonly family: Family;
  readonly protocol: string;
  readonly protonum: number;
  readonly original: Tuple;
  /** Assumes that NAT keeps the identifier, which is true unless another host uses the same one. */
  readonly reply: Tuple;
  readonly #socket: DatagramSocket;
  readonly #to: string;
  #sequence = 0;
  closed = false;

  private constructor(route: EchoRoute, socket: DatagramSocket) {
    const { protocol, protonum, type } = ECHO[route.family];
    this.family = route.family;
    this.protocol = protocol;
    this.protonum = protonum;
    this.original = { src: route.from, dst: route.to, type, code: 0, id: socket.address().port };
    this.reply = { ...invertTuple(this.original, protonum), dst: route.seenFrom };
    this.#socket = socket;
    this.#to = route.to;
    socket.on('error', () => {});
  }

  /** Opens the socket; nothing is sent yet. */
  static async open(route: EchoRoute): Promise<Echo> {
    const at = { address: route.from, port: 0 };
    return new Echo(route, await openDatagram(route.namespace, at, ECHO[route.family].protonum));
  }

  /** Sends one echo request with this many bytes of data, and waits for its reply. */
  async send(bytes = 56): Promise<void> {
    const request = Buffer.alloc(8 + bytes, 0x2e);
    // Type, code, checksum and identifier (the kernel fills in the last two), sequence number.
    request.fill(0, 0, 8);
    request[0] = ECHO[this.family].type;
    request.writeUInt16BE(++this.#sequence & 0xffff, 6);
    const answered = once(this.#socket, 'message');
    // A ping socket has no destination port, but Node requires one.
    this.#socket.send(request, 1, this.#to);
    await within(answered, `get an echo from ${this.#to}`);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await new Promise<void>(resolve => this.#socket.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
