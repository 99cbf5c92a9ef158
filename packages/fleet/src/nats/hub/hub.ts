import { randomBytes } from 'node:crypto';
import type { Msg } from '@nats-io/transport-node';
import type { Inventory } from '../../inventory.js';
import { checkNodeId, checkTag } from '../../node-id.js';
import { type Broker, connectBroker } from '../broker/connect.js';
import { type BrokerOptions, brokerOf } from '../broker/options.js';
import { readAnnouncement } from '../wire/presence.js';
import { nodeOfSubject, Subjects } from '../wire/subjects.js';
import { type AskOptions, askOf } from './ask.js';
import { type BroadcastOptions, type BroadcastRequest, Exchanges, type NodeAnswer } from './exchanges.js';
import { PresenceInventory } from './inventory.js';
import { type ExpectedNode, type NodeInfo, Roster } from './roster.js';

/** Milliseconds after which a node that is gone is forgotten. */
const FORGET = 3_600_000;
/** Milliseconds between signs of life for the nodes that answer. */
const ALIVE = 5_000;
/** Milliseconds without a new node after which the inventory counts as complete, and the longest wait for that. */
const SETTLED = 300;
const SETTLE_LIMIT = 3_000;

/** Options of a hub. */
export interface HubOptions extends BrokerOptions {
  /** The name of the fleet. */
  fleet: string;
  /** The token for a node, for the tables of the inventory. The node checks it. */
  token?: (node: string) => string | Promise<string>;
  /** Nodes that belong to the fleet even if they were never heard. */
  expected?: readonly ExpectedNode[];
  /** The name of this hub in subjects, for a broker that limits it to its own. Default: random. */
  hub?: string;
  /** Milliseconds after which a node that is gone is forgotten. Default: one hour. */
  forget?: number;
  /** Receives what the broker refuses. */
  refused?: (error: Error) => void;
}

const HUB_NAME = /^[\w-]{1,64}$/;

/** A connection to a broker through which the nodes of a fleet are known and asked. */
export class NatsHub implements AsyncDisposable {
  /** The nodes of the fleet as members. Closing it closes the hub. */
  readonly inventory: Inventory;
  readonly #options: HubOptions;
  readonly #subjects: Subjects;
  readonly #name: string;
  readonly #roster: Roster;
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #broker!: Broker;
  #exchanges!: Exchanges;
  #closed: Promise<void> | undefined;

  private constructor(options: HubOptions) {
    this.#options = options;
    this.#subjects = new Subjects(options.fleet);
    this.#name = options.hub ?? randomBytes(9).toString('base64url');
    if (!HUB_NAME.test(this.#name))
      throw new TypeError(`hub '${this.#name.slice(0, 80)}' must be 1 to 64 letters, digits, '-' and '_'`);
    this.#roster = new Roster(options.forget ?? FORGET, options.expected);
    this.inventory = new PresenceInventory({
      nodes: () => this.nodes(),
      onChange: listener => this.onChange(listener),
      fetchOf: node => this.fetchOf(node),
      close: () => this.close(),
      token: options.token,
    });
  }

  /**
   * Connects to the broker, and asks all nodes to announce themselves. Resolves when no more nodes appear.
   *
   * @throws FleetError BROKER_UNUSABLE
   * @example
   * ```ts
   * import { NatsHub } from '@conntrack/fleet/nats';
   *
   * const hub = await NatsHub.connect({ servers: 'nats://broker.example:4222', fleet: 'edge' });
   * for (const { id, state, notes } of hub.nodes()) console.log(id, state, ...notes);
   * await hub.close();
   * ```
   */
  static async connect(options: HubOptions): Promise<NatsHub> {
    const hub = new NatsHub(options);
    await hub.#open();
    return hub;
  }

  /** The nodes of the fleet, including silent ones. */
  nodes(): readonly NodeInfo[] {
    return this.#roster.nodes();
  }

  /** Calls `listener` after a node appeared, left or was started again. Returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Makes a `fetch` for one node. The host of its URLs is ignored. The node answers with the application of its HTTP
   * server, and checks the token itself. A request is sent once, and never repeated.
   *
   * It rejects with a `NodeError`, or with the reason of the request's signal.
   */
  fetchOf(node: string, options: AskOptions = {}): typeof globalThis.fetch {
    return async (input, init) => this.#exchanges.one(await askOf(node, options, input, init));
  }

  /**
   * Asks all nodes of the inventory, or all with a tag, by one message. The answer has exactly these nodes, each with
   * its response or the reason why there is none.
   *
   * Every node that is asked sees the headers of the request. Send a token that is good for reading only.
   */
  ask(request: BroadcastRequest, options: BroadcastOptions = {}): Promise<Map<string, NodeAnswer>> {
    const { to } = request;
    if (to !== 'all') checkTag(to.tag);
    const nodes = this.nodes().filter(({ tags }) => to === 'all' || tags.includes(to.tag));
    return this.#exchanges.many(nodes, request, options);
  }

  /** Disconnects. Requests that still run fail. Can be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#shut();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<void> {
    const { fleet, refused } = this.#options;
    this.#broker = await connectBroker(
      {
        ...brokerOf(this.#options),
        name: `conntrack hub of ${fleet}`,
      },
      {
        connected: () => this.#who(),
        disconnected: () => this.#exchanges.failAll('BROKER_LOST', 'the connection to the broker was lost'),
        ...(refused && { refused }),
      },
    );
    this.#exchanges = new Exchanges(this.#broker, this.#subjects, this.#name, this.#roster);
    this.#timer = setInterval(() => this.#exchanges.alive(), ALIVE).unref();
    let latest = performance.now();
    const subscribe = (subject: string, receive: (message: Msg) => void): void => {
      this.#broker.connection.subscribe(subject, {
        callback: (error, message) => {
          if (!error) receive(message);
        },
      });
    };
    subscribe(this.#subjects.presences, message => {
      if (this.#heard(message)) latest = performance.now();
    });
    for (const kind of ['reply', 'events'] as const)
      subscribe(this.#subjects.replies(kind, this.#name), message => this.#exchanges.receive(message));
    this.#who();
    await this.#broker.connection.flush();
    latest = performance.now();
    const limit = latest + SETTLE_LIMIT;
    while (performance.now() < Math.min(limit, latest + SETTLED)) await new Promise(done => setTimeout(done, 10));
  }

  #who(): void {
    this.#broker.connection.publish(this.#subjects.who);
  }

  /** Takes an announcement. Returns whether it changed the inventory. */
  #heard({ subject, data }: Msg): boolean {
    const announcement = readAnnouncement(data);
    const node = nodeOfSubject(subject);
    if (announcement === undefined || !isNodeId(node)) return false;
    const change = this.#roster.heard(node, announcement);
    if (change === 'restarted')
      this.#exchanges.failNode(node, 'NODE_RESTARTED', `'${node}' was started again while it was asked`);
    if (change === 'none') return false;
    for (const listener of this.#listeners) listener();
    return true;
  }

  async #shut(): Promise<void> {
    clearInterval(this.#timer);
    this.#exchanges.failAll('BROKER_LOST', 'the hub was closed');
    await this.#broker.close();
  }
}

const isNodeId = (id: string): boolean => {
  try {
    checkNodeId(id);
    return true;
  } catch {
    return false;
  }
};
