import { setTimeout as sleep } from 'node:timers/promises';
import { ALL } from '@conntrack/filter';
import type { TableEvent } from '@conntrack/flow/table';
import type { TableEventOptions, TableEvents } from '@conntrack/table';
import { failureOf } from './ask/failure.js';
import { named } from './ask/named.js';
import type { Inventory } from './inventory.js';
import { Queue } from './merge/queue.js';
import type { Nodes, Target } from './nodes.js';

/** Milliseconds before a node is asked again whose stream could not begin or has ended: the first time, and at most. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** Maximum number of unread events. While there are more, nodes are not read: a server reports what its reader was too slow for. */
const UNREAD = 50_000;

/** Why a stream of a fleet has ended. */
const CLOSED = new DOMException('the stream of events was closed', 'AbortError');

/**
 * The events of all nodes in one stream. Each node has its own position: a node that was not reachable for a while continues after its last
 * event, or reports a gap. The events of one node are in order; those of different nodes are in the order of their arrival.
 */
export class FleetEvents implements TableEvents {
  readonly #nodes: Nodes;
  readonly #options: TableEventOptions;
  readonly #arrived = new Queue<TableEvent>();
  /** The streams of nodes, each with the controller that ends it. */
  readonly #streams = new Map<string, AbortController>();
  #unfollow: () => void = () => {};

  private constructor(nodes: Nodes, options: TableEventOptions) {
    this.#nodes = nodes;
    this.#options = options;
    options.signal?.addEventListener('abort', this.#leave, { once: true });
  }

  /**
   * Subscribes at every node. Resolves when each has begun or failed, or at the deadline. A node that begins later reports a gap.
   *
   * @throws TableError if no node has begun
   */
  static async open(nodes: Nodes, inventory: Inventory, options: TableEventOptions): Promise<FleetEvents> {
    const events = new FleetEvents(nodes, options);
    try {
      await nodes.each(events.#targets(), options.signal, target => events.#follow(target));
      events.#unfollow = inventory.onChange(() => events.#update());
      return events;
    } catch (error) {
      events.close();
      throw error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TableEvent> {
    try {
      for (;;) yield await this.#arrived.next();
    } catch (error) {
      if (error !== CLOSED) throw error;
      this.#options.signal?.throwIfAborted();
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#unfollow();
    this.#options.signal?.removeEventListener('abort', this.#leave);
    for (const stream of this.#streams.values()) stream.abort(CLOSED);
    this.#streams.clear();
    this.#arrived.fail(CLOSED);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  readonly #leave = (): void => this.close();

  #targets(): Target[] {
    return this.#nodes.targets([this.#options.filter ?? ALL]);
  }

  /** Follows nodes that joined the fleet, and leaves nodes that are gone. */
  #update(): void {
    const targets = new Map(this.#targets().map(target => [target.member.id, target]));
    for (const [node, stream] of this.#streams)
      if (!targets.has(node)) {
        stream.abort(CLOSED);
        this.#streams.delete(node);
        this.#arrived.push({ type: 'gap', node, reason: `the node '${node}' has left the fleet` });
      }
    for (const [node, target] of targets) if (!this.#streams.has(node)) this.#follow(target).catch(() => {});
  }

  /** Follows the events of one node from now on. Resolves when its stream has begun, and rejects if that fails the first time. */
  #follow(target: Target): Promise<void> {
    const stream = new AbortController();
    this.#streams.set(target.member.id, stream);
    return new Promise((resolve, reject) => {
      void this.#run(target, stream.signal, resolve, reject);
    });
  }

  async #run(
    { member, filters: [filter = ALL] }: Target,
    signal: AbortSignal,
    begun: () => void,
    failed: (error: unknown) => void,
  ): Promise<void> {
    const { types } = this.#options;
    const since = performance.now();
    let late = false;
    for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      try {
        const asked = { signal, ...(types && { types }), ...(filter.kind !== 'all' && { filter }) };
        await using events = await member.table.events(asked);
        late ||= performance.now() - since > this.#nodes.deadline;
        if (late) this.#gap(member.id, 'its events are followed from now on; earlier ones are lost');
        begun();
        wait = FIRST_WAIT;
        for await (const event of events) {
          const own =
            'flow' in event ? { ...event, flow: named(member.id, event.flow) } : { ...event, node: member.id };
          this.#arrived.push(own);
          await this.#arrived.room(UNREAD);
        }
        this.#gap(member.id, 'its stream of events has ended');
      } catch (error) {
        if (signal.aborted) break;
        if (late) this.#gap(member.id, failureOf(member.id, error).detail!);
        failed(error);
      }
      late = true;
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
    failed(CLOSED);
  }

  #gap(node: string, why: string): void {
    this.#arrived.push({ type: 'gap', node, reason: `events of the node '${node}' were lost: ${why}` });
  }
}
