import type { Socket as DatagramSocket } from 'node:dgram';
import { type Family, invertTuple, type Tuple } from '@conntrack/flow';
import type { Namespace } from '../namespace.js';
import { within } from './deadline.js';
import type { TrafficHandle } from './handle.js';
import { type Services, tokenBytes } from './services.js';
import { type Endpoint, openDatagram } from './sockets.js';

const UDP = 17;

/** Source and destination of datagrams, and the size of the answers in bytes. Without a size there are no answers. */
export interface UdpRoute {
  family: Family;
  from: { namespace: Namespace; at: Endpoint };
  to: { namespace: Namespace; at: Endpoint };
  answer?: number;
}

/** Datagrams between two sockets of the lab. */
export class UdpExchange implements TrafficHandle {
  readonly protocol = 'udp';
  readonly protonum = UDP;
  readonly family: Family;
  readonly original: Tuple;
  reply: Tuple;
  readonly #route: UdpRoute;
  readonly #socket: DatagramSocket;
  readonly #services: Services;
  closed = false;
  #token = 0;
  #arrived: (() => void) | undefined;

  private constructor(services: Services, route: UdpRoute, socket: DatagramSocket) {
    const { address, port } = socket.address();
    this.family = route.family;
    this.original = { src: address, dst: route.to.at.address, sport: port, dport: route.to.at.port };
    this.reply = invertTuple(this.original, UDP);
    this.#services = services;
    this.#route = route;
    this.#socket = socket;
    socket.on('error', () => {});
    if (route.answer !== undefined) socket.on('message', () => this.#arrived?.());
  }

  /** Opens the socket; nothing is sent yet. */
  static async open(services: Services, route: UdpRoute): Promise<UdpExchange> {
    const socket = await openDatagram(route.from.namespace, route.from.at);
    const exchange = new UdpExchange(services, route, socket);
    try {
      exchange.#token = await services.udp(route.to.namespace, route.to.at, from => exchange.#answer(from));
    } catch (error) {
      socket.close();
      throw error;
    }
    return exchange;
  }

  /** Sends a datagram of this many bytes, and waits until it has arrived; if an answer is expected, also for that. */
  async send(bytes = 60): Promise<void> {
    const arrived = new Promise<void>(resolve => {
      this.#arrived = resolve;
    });
    const { address, port } = this.#route.to.at;
    this.#socket.send(tokenBytes(this.#token, bytes), port, address);
    await within(arrived, `exchange datagrams with ${address} port ${port}`);
  }

  /** Answers at the far end, where the sender's address is the one after NAT. */
  #answer(from: Endpoint): Buffer | undefined {
    this.reply = { ...this.reply, dst: from.address, dport: from.port };
    if (this.#route.answer !== undefined) return Buffer.alloc(this.#route.answer, 0x2e);
    this.#arrived?.();
    return undefined;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.#services.forget(this.#token);
    await new Promise<void>(resolve => this.#socket.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
