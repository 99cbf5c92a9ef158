import { randomBytes } from 'node:crypto';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { checkNodeId, checkTag } from '../../node-id.js';
import { Backoff } from '../broker/backoff.js';
import { type Broker, connectBroker } from '../broker/connect.js';
import { brokerOf } from '../broker/options.js';
import { pause } from '../pause.js';
import { type Announcement, readAnnouncement } from '../wire/presence.js';
import { Subjects } from '../wire/subjects.js';
import { Answering } from './answering.js';
import type { AgentOptions, AgentReport } from './options.js';

/** Default time between announcements, in milliseconds. */
const INTERVAL = 5_000;
/** Announcements that may be missing before a node counts as silent. */
const MISSED = 3;
/** Maximum milliseconds that a joining node waits for another host with its name to say so. */
const JOIN_TIME = 500;
/** Milliseconds that running exchanges get when the agent stops. */
const GRACE = 1_000;

/** A running agent. */
export interface Agent extends AsyncDisposable {
  readonly node: string;
  /** A random text, new with each start: it tells two hosts with one name apart. */
  readonly instance: string;
  /** Whether the node belongs to the fleet now, and answers requests. */
  readonly joined: boolean;
  /** Leaves the fleet: says goodbye, lets running requests end, and disconnects. Can be called twice. */
  close(): Promise<void>;
}

/**
 * Makes this host a node of a fleet. The agent dials out to the broker, announces itself, and answers the requests of
 * hubs with the given function. It returns at once: the connection is made, and remade for ever, in the background.
 *
 * @throws FleetError NODE_INVALID for a name or tag that cannot be used
 * @example
 * ```ts
 * import { serve } from '@conntrack/api';
 * import { startAgent } from '@conntrack/fleet/nats';
 * import { openTable } from '@conntrack/table';
 *
 * const server = await serve({ table: await openTable('kernel') });
 * const agent = startAgent({
 *   servers: 'nats://broker.example:4222',
 *   fleet: 'edge',
 *   node: 'gw-7',
 *   fetch: server.fetch,
 *   version: '1.0.0',
 * });
 * ```
 */
export function startAgent(options: AgentOptions): Agent {
  return new NodeAgent(options);
}

/** Checks the name and the tags of a node. @throws FleetError NODE_INVALID */
export function checkNode(node: string, tags: readonly string[] = []): void {
  checkNodeId(node);
  for (const tag of tags) checkTag(tag);
}

class NodeAgent implements Agent {
  readonly node: string;
  readonly instance = randomBytes(9).toString('base64url');
  readonly #options: AgentOptions;
  readonly #subjects: Subjects;
  readonly #started = Date.now();
  readonly #interval: number;
  readonly #closing = new AbortController();
  readonly #answering: Answering;
  readonly #running: Promise<void>;
  #broker: Broker | undefined;
  #subscriptions: Subscription[] = [];
  #state: Announcement['state'] = 'joining';
  #timer: NodeJS.Timeout | undefined;
  /** When another host with this name was heard last. */
  #other = Number.NEGATIVE_INFINITY;

  constructor(options: AgentOptions) {
    checkNode(options.node, options.tags);
    this.node = options.node;
    this.#options = options;
    this.#subjects = new Subjects(options.fleet);
    this.#interval = options.interval ?? INTERVAL;
    this.#answering = new Answering({
      ...{ options, subjects: this.#subjects, instance: this.instance },
      maxPayload: () => this.#broker!.maxPayload,
      publish: (subject, message) => this.#publish(subject, message),
    });
    this.#running = this.#run();
  }

  get joined(): boolean {
    return this.#state === 'up' && this.#broker?.connected === true;
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      clearTimeout(this.#timer);
      this.#leave('leaving');
      const deadline = performance.now() + GRACE;
      while (this.#answering.size > 0 && performance.now() < deadline) await pause(20);
      this.#answering.cancelAll('the agent stops');
      await this.#broker?.connection.flush().catch(() => {});
      await this.#broker?.close();
    }
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const backoff = new Backoff();
    const { signal } = this.#closing;
    while (!signal.aborted && this.#broker === undefined) {
      try {
        await this.#connect();
      } catch (error) {
        this.#report({ type: 'disconnected', reason: (error as Error).message });
        await pause(backoff.wait(), signal);
      }
    }
  }

  async #connect(): Promise<void> {
    const { node } = this.#options;
    const broker = await connectBroker(
      {
        ...brokerOf(this.#options),
        name: `conntrack node ${node}`,
        inboxPrefix: this.#subjects.inbox(node),
      },
      {
        connected: () => this.#reconnected(),
        disconnected: () => {
          this.#answering.cancelAll('the connection to the broker was lost');
          this.#report({ type: 'disconnected', reason: 'the connection to the broker was lost' });
        },
        refused: error => this.#report({ type: 'refused', reason: error.message }),
      },
    );
    if (this.#closing.signal.aborted) return broker.close();
    this.#broker = broker;
    this.#listen(this.#subjects.presence(node), message => this.#heard(message.data));
    this.#listen(this.#subjects.who, () => {
      if (this.#state === 'up') this.#announce();
    });
    await this.#join();
  }

  /** Joins the fleet, unless another host with this name says within a short time that it belongs to it. */
  async #join(): Promise<void> {
    const { signal } = this.#closing;
    this.#announce();
    await pause(Math.min(JOIN_TIME, this.#interval / 2), signal);
    if (signal.aborted || this.#state !== 'joining') return;
    if (performance.now() - this.#other < MISSED * this.#interval) {
      // The other host may leave. Until then this one has no name.
      this.#timer = setTimeout(() => void this.#join(), this.#interval);
      return;
    }
    this.#state = 'up';
    const { node, tags = [] } = this.#options;
    this.#subscriptions = [
      this.#listen(this.#subjects.controls(node), message => this.#answering.control(message)),
      this.#listen(this.#subjects.request(node), message => this.#answering.asked(message, false)),
      this.#listen(this.#subjects.broadcast('all'), message => this.#answering.asked(message, true)),
      ...tags.map(tag =>
        this.#listen(this.#subjects.broadcast({ tag }), message => this.#answering.asked(message, true)),
      ),
    ];
    // The broker knows the subscriptions before a hub knows the node.
    await this.#broker!.connection.flush().catch(() => {});
    this.#tick();
    this.#report({ type: 'joined' });
  }

  #reconnected(): void {
    if (this.#state === 'up') this.#announce();
    this.#report({ type: 'joined' });
  }

  /** Stops answering. */
  #leave(state: 'joining' | 'leaving'): void {
    const wasUp = this.#state === 'up';
    this.#state = state;
    for (const subscription of this.#subscriptions) if (!subscription.isClosed()) subscription.unsubscribe();
    this.#subscriptions = [];
    if (wasUp && this.#broker?.connected) this.#announce();
  }

  #tick(): void {
    if (this.#state !== 'up') return;
    this.#announce();
    // Not all nodes at the same moment.
    this.#timer = setTimeout(() => this.#tick(), this.#interval * (0.9 + 0.1 * Math.random()));
  }

  #announce(): void {
    const { tags = [], version, capabilities = {} } = this.#options;
    const announcement: Announcement = {
      state: this.#state,
      instance: this.instance,
      started: this.#started,
      time: Date.now(),
      clock: performance.now(),
      interval: this.#interval,
      tags,
      version,
      capabilities,
    };
    this.#publish(this.#subjects.presence(this.node), Buffer.from(JSON.stringify(announcement)));
  }

  /** An announcement with this node's name. */
  #heard(message: Uint8Array): void {
    const other = readAnnouncement(message);
    if (other === undefined || other.instance === this.instance) return;
    if (other.state === 'leaving') {
      this.#other = Number.NEGATIVE_INFINITY;
      return;
    }
    const older = other.started < this.#started || (other.started === this.#started && other.instance < this.instance);
    if (this.#state === 'up' && other.state === 'joining') this.#announce();
    else if (this.#state === 'up' ? older : other.state === 'up' || older) this.#yield();
  }

  /** Another host has this node's name, and had it first. */
  #yield(): void {
    const known = performance.now() - this.#other < MISSED * this.#interval;
    this.#other = performance.now();
    if (this.#state === 'up') {
      clearTimeout(this.#timer);
      this.#leave('joining');
      this.#answering.cancelAll('another host has the name of this node');
      this.#timer = setTimeout(() => void this.#join(), this.#interval);
    }
    if (known) return;
    this.#report({
      type: 'name-taken',
      reason: `another host of the fleet '${this.#options.fleet}' is '${this.node}'. Give this host another name with --node, or stop the other one`,
    });
  }

  #listen(subject: string, receive: (message: Msg) => void): Subscription {
    return this.#broker!.connection.subscribe(subject, {
      // Permission errors are reported by the connection.
      callback: (error, message) => {
        if (!error) receive(message);
      },
    });
  }

  #publish(subject: string, message: Uint8Array): void {
    // While the broker is gone nobody waits for an answer any more.
    if (this.#broker?.connected) this.#broker.connection.publish(subject, message);
  }

  #report(report: AgentReport): void {
    this.#options.report?.(report);
  }
}
