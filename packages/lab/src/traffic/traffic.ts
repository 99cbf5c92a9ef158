import { setTimeout as delay } from 'node:timers/promises';
import type { Family } from '@conntrack/flow';
import type { Namespace } from '../namespace.js';
import { ADDRESSES, BLACK_HOLE } from '../topology.js';
import { Echo } from './echo.js';
import type { TrafficHandle } from './handle.js';
import { Services } from './services.js';
import { UnansweredSyn } from './syn.js';
import { establish, type TcpConnection } from './tcp.js';
import { UdpExchange } from './udp.js';

/** Default destination ports. */
const PORTS = { https: 443, dns: 53, syslog: 514 } as const;

/** Source and destination of traffic. */
export interface TrafficOptions {
  /** Address family. Default: `ipv4`. */
  family?: Family;
  /** Source address, one of the client's (`lab.addresses.clients`). Default: the first. */
  from?: string;
  /** Destination address, one of the server's (`lab.addresses.servers`). Default: the first. */
  to?: string;
}

/** Source and destination of traffic with ports. */
export interface PortOptions extends TrafficOptions {
  /** Source port. Default: a free one. */
  sport?: number;
  /** Destination port. Default: 443 for TCP, 53 for UDP with answers, 514 for UDP without. */
  port?: number;
}

/** Options of UDP traffic with answers. */
export interface UdpOptions extends PortOptions {
  /** Number of datagrams in each direction. Default: 1. */
  packets?: number;
  /** Continues until the kernel sets ASSURED, two seconds after the first datagram. */
  assured?: boolean;
}

/** The lab in which traffic is made. */
export interface TrafficLab {
  client: Namespace;
  server: Namespace;
  families: readonly Family[];
  masquerade: Readonly<Record<Family, boolean>>;
  forward: { port: number; toPort: number };
}

/** nf_conntrack_proto_udp.c, `stream_ts`: a conversation counts as a stream after two seconds (Linux 5.0). */
const STREAM_AFTER = 2_050;

/**
 * Makes one kind of traffic with each method, and waits until it got through the router. The returned traffic stays open until it or the
 * lab is closed.
 */
export class Traffic {
  readonly #lab: TrafficLab;
  readonly #services = new Services();
  readonly #open = new Set<TrafficHandle>();

  /** @internal */
  constructor(lab: TrafficLab) {
    this.#lab = lab;
  }

  /** Opens a connection with data in both directions, and keeps it open: ESTABLISHED, ASSURED. */
  async tcpEstablished(options: PortOptions = {}): Promise<TcpConnection> {
    const { family, from, to } = this.#ends(options, PORTS.https);
    return this.#connected({
      family,
      from: { namespace: this.#lab.client, at: from },
      to,
      answers: { namespace: this.#lab.server, at: to },
    });
  }

  /** Opens a connection from outside to the router's port forward, which the client answers: DNAT. `from` is one of the server's addresses. */
  async tcpForwarded(options: Omit<PortOptions, 'to' | 'port'> = {}): Promise<TcpConnection> {
    const { family = 'ipv4', from = ADDRESSES.server[family], sport = 0 } = options;
    const { port, toPort } = this.#lab.forward;
    return this.#connected({
      family,
      from: { namespace: this.#lab.server, at: { address: from, port: sport } },
      to: { address: ADDRESSES.router.outside[family], port },
      answers: { namespace: this.#lab.client, at: { address: ADDRESSES.client[family], port: toPort } },
    });
  }

  /** Opens and closes a connection in order: TIME_WAIT. */
  async tcpClosed(options: PortOptions = {}): Promise<TcpConnection> {
    const connection = await this.tcpEstablished(options);
    await connection.end();
    return connection;
  }

  /** Opens a connection that the client resets: CLOSE. */
  async tcpReset(options: PortOptions = {}): Promise<TcpConnection> {
    const connection = await this.tcpEstablished(options);
    await connection.reset();
    return connection;
  }

  /** Opens a connection that the client closes and the server does not: CLOSE_WAIT (FIN_WAIT until the server's kernel acknowledges it). */
  async tcpHalfClosed(options: PortOptions = {}): Promise<TcpConnection> {
    const connection = await this.tcpEstablished(options);
    await connection.halfClose();
    return connection;
  }

  /**
   * Sends a SYN that nobody answers: SYN_SENT, UNREPLIED. Its port is the lab's black hole. With another port, `to` must be an address that
   * no host has.
   */
  async tcpSynOnly(options: PortOptions = {}): Promise<UnansweredSyn> {
    const { family, from, to } = this.#ends(options, BLACK_HOLE);
    return this.#keep(
      new UnansweredSyn({ family, namespace: this.#lab.client, from, to, seenFrom: this.#seen(family, from.address) }),
    );
  }

  /** Sends a datagram without an answer: UNREPLIED. */
  async udpRequest(options: PortOptions = {}): Promise<UdpExchange> {
    return this.#datagrams(options, PORTS.syslog);
  }

  /** Exchanges datagrams with answers. */
  async udpExchange(options: UdpOptions = {}): Promise<UdpExchange> {
    const exchange = await this.#datagrams(options, PORTS.dns, 120);
    for (let sent = 1; sent < (options.packets ?? 1); sent++) await exchange.send();
    if (options.assured === true) {
      await delay(STREAM_AFTER);
      await exchange.send();
    }
    return exchange;
  }

  /** Sends echo requests (ping) and receives the replies, ICMP or ICMPv6. Default of `count`: 1. */
  async icmpEcho(options: TrafficOptions & { count?: number } = {}): Promise<Echo> {
    const { family, from, to } = this.#ends(options, 0);
    const route = { family, namespace: this.#lab.client, from: from.address, to: to.address };
    const echo = this.#keep(await Echo.open({ ...route, seenFrom: this.#seen(family, from.address) }));
    for (let sent = 0; sent < (options.count ?? 1); sent++) await echo.send();
    return echo;
  }

  /** Ends all traffic and all servers. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map(handle => handle.close()));
    this.#open.clear();
    await this.#services.close();
  }

  async #connected(route: Parameters<typeof establish>[1]): Promise<TcpConnection> {
    const connection = this.#keep(await establish(this.#services, route));
    await connection.exchange();
    return connection;
  }

  async #datagrams(options: PortOptions, port: number, answer?: number): Promise<UdpExchange> {
    const { family, from, to } = this.#ends(options, port);
    const exchange = this.#keep(
      await UdpExchange.open(this.#services, {
        family,
        from: { namespace: this.#lab.client, at: from },
        to: { namespace: this.#lab.server, at: to },
        ...(answer !== undefined && { answer }),
      }),
    );
    await exchange.send();
    return exchange;
  }

  #ends(options: PortOptions, defaultPort: number) {
    const { family = 'ipv4', port = defaultPort, sport = 0 } = options;
    return {
      family,
      from: { address: options.from ?? ADDRESSES.client[family], port: sport },
      to: { address: options.to ?? ADDRESSES.server[family], port },
    };
  }

  /** Returns the source address as it is seen beyond the router. */
  #seen(family: Family, from: string): string {
    return this.#lab.masquerade[family] ? ADDRESSES.router.outside[family] : from;
  }

  #keep<T extends TrafficHandle>(handle: T): T {
    for (const other of this.#open) if (other.closed) this.#open.delete(other);
    this.#open.add(handle);
    return handle;
  }
}
