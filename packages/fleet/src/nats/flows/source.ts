import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Consumer, JsMsg } from '@nats-io/jetstream';
import { FleetError } from '../../error.js';
import { type Broker, connectBroker } from '../broker/connect.js';
import { type BrokerOptions, brokerOf } from '../broker/options.js';
import { pause } from '../pause.js';
import { nodeOfSubject, Subjects } from '../wire/subjects.js';
import { ENCODING, type FleetGap, type FleetRow, MESSAGE_ID, readBatchId, streamOf } from './row.js';

/** How long and how much the broker keeps by default: seven days, at most 10 GiB. */
const MAX_AGE = 7 * 86_400_000;
const MAX_BYTES = 10 * 1024 ** 3;
/** Milliseconds in which the broker notices that a batch was sent again. */
const DUPLICATE_WINDOW = 600_000;
/** Milliseconds until a batch that was not acknowledged is delivered again. */
const ACK_WAIT = 60_000;
/** Milliseconds until the broker is asked again for a batch, and until it is tried again after a failure. */
const PULL_TIME = 10_000;
const RETRY = 200;
/** Maximum bytes of a batch after decompression. */
const LARGEST = 64 * 1024 * 1024;

/** Options of a source of the flows of a fleet. */
export interface FlowSourceOptions extends BrokerOptions {
  fleet: string;
  /** The name of the reader. The broker remembers its position; a second program with this name shares the rows with it. */
  reader: string;
  /** What the broker keeps, if the stream does not exist yet. `age` in milliseconds. Default: 7 days, 10 GiB. */
  keep?: { readonly age?: number; readonly bytes?: number };
}

/** Rows of one node that were published together. */
export interface FlowBatch {
  readonly node: string;
  readonly rows: readonly FleetRow[];
  /** Spans in which rows of the node are missing. */
  readonly gaps: readonly FleetGap[];
  /** Confirms the batch: it is not delivered again. Call it when the rows are stored. */
  ack(): void;
}

const expand = promisify(gunzip);

async function loadJetStream(): Promise<typeof import('@nats-io/jetstream')> {
  try {
    return await import('@nats-io/jetstream');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new FleetError(
      'BROKER_UNUSABLE',
      "flows of a fleet need the package '@nats-io/jetstream', which is not installed. Install it: npm install @nats-io/jetstream@3",
      { cause: error },
    );
  }
}

/**
 * The recorded flows of all nodes of a fleet, from the broker's stream. Rows of a node arrive in their order, each with
 * the node's name. A batch that was not acknowledged is delivered again to the next program with this reader's name.
 *
 * @example
 * ```ts
 * import { FlowSource } from '@conntrack/fleet/nats';
 *
 * await using source = await FlowSource.open({ servers: 'nats://broker.example:4222', fleet: 'edge', reader: 'history' });
 * for await (const { node, rows, gaps, ack } of source) {
 *   console.log(node, rows.length, ...gaps.map(({ reason }) => reason));
 *   ack();
 * }
 * ```
 */
export class FlowSource implements AsyncIterable<FlowBatch>, AsyncDisposable {
  readonly #broker: Broker;
  readonly #consumer: Consumer;
  /** The last batch of each node. */
  readonly #last = new Map<string, { readonly instance: string; readonly batch: number; readonly time: Date }>();
  #closed = false;

  private constructor(broker: Broker, consumer: Consumer) {
    this.#broker = broker;
    this.#consumer = consumer;
  }

  /**
   * Opens the stream, and makes it if it does not exist.
   *
   * @throws FleetError BROKER_UNUSABLE, for example because the broker has no JetStream
   */
  static async open(options: FlowSourceOptions): Promise<FlowSource> {
    const { fleet, reader, keep = {} } = options;
    const subjects = new Subjects(fleet);
    const { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } = await loadJetStream();
    const broker = await connectBroker({
      ...brokerOf(options),
      name: `conntrack flows of ${fleet} for ${reader}`,
    });
    const stream = streamOf(fleet);
    const nanoseconds = (milliseconds: number): number => milliseconds * 1_000_000;
    try {
      const manager = await jetstreamManager(broker.connection);
      const exists = await manager.streams.info(stream).then(
        () => true,
        () => false,
      );
      if (!exists)
        await manager.streams.add({
          name: stream,
          subjects: [subjects.allFlows],
          max_age: nanoseconds(keep.age ?? MAX_AGE),
          max_bytes: keep.bytes ?? MAX_BYTES,
          duplicate_window: nanoseconds(DUPLICATE_WINDOW),
        });
      await manager.consumers.add(stream, {
        durable_name: reader,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        ack_wait: nanoseconds(ACK_WAIT),
      });
      return new FlowSource(broker, await jetstream(broker.connection).consumers.get(stream, reader));
    } catch (error) {
      await broker.close();
      throw new FleetError(
        'BROKER_UNUSABLE',
        `cannot open the stream ${stream}: ${(error as Error).message}. Is JetStream enabled on the broker?`,
        { cause: error },
      );
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FlowBatch, void> {
    let unstored: JsMsg | undefined;
    try {
      for (;;) {
        const message = await this.#next();
        if (message === undefined) return;
        unstored = message;
        const batch = await this.#batchOf(message);
        if (batch === undefined) continue;
        yield {
          ...batch,
          ack: () => {
            if (unstored === message) unstored = undefined;
            message.ack();
          },
        };
      }
    } finally {
      // The next program with this name does not have to wait for it.
      unstored?.nak();
    }
  }

  /** The next message, after any wait. `undefined` when the source was closed. */
  async #next(): Promise<JsMsg | undefined> {
    while (!this.#closed)
      try {
        const message = await this.#consumer.next({ expires: PULL_TIME });
        if (message !== null) return message;
      } catch (error) {
        if (this.#closed) return undefined;
        // The broker is gone. It remembers the position.
        if (this.#broker.connected) throw error;
        await pause(RETRY);
      }
    return undefined;
  }

  /** The rows one by one. Each batch is acknowledged when its last row was read. */
  async *rows(): AsyncGenerator<FleetRow | FleetGap, void> {
    for await (const { rows, gaps, ack } of this) {
      yield* gaps;
      yield* rows;
      ack();
    }
  }

  /** Ends the iteration, and disconnects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#broker.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #batchOf(message: JsMsg): Promise<Omit<FlowBatch, 'ack'> | undefined> {
    const node = nodeOfSubject(message.subject);
    const time = new Date(message.info.timestampNanos / 1e6);
    const missing = this.#missing(node, message.headers?.get(MESSAGE_ID) ?? '', time);
    if (missing === 'repeated') {
      // A delivery that is repeated because of a late acknowledgement is acknowledged with the first one.
      if (!message.redelivered) message.ack();
      return undefined;
    }
    const bytes =
      message.headers?.get(ENCODING) === 'gzip'
        ? await expand(message.data, { maxOutputLength: LARGEST })
        : message.data;
    const gaps: FleetGap[] = missing === undefined ? [] : [missing];
    const rows: FleetRow[] = [];
    for (const line of Buffer.from(bytes).toString().split('\n')) {
      if (line === '') continue;
      // Whatever the row says: the broker knows who sent it.
      const row = Object.assign(JSON.parse(line) as FleetRow | FleetGap, { node });
      if (row.type === 'gap') gaps.push(row);
      else rows.push(row);
    }
    return { node, rows, gaps };
  }

  /** Compares a batch with the last one of its node. */
  #missing(node: string, id: string, time: Date): FleetGap | 'repeated' | undefined {
    const read = readBatchId(id);
    if (read === undefined) return undefined;
    const last = this.#last.get(node);
    if (last?.instance === read.instance && read.batch <= last.batch) return 'repeated';
    this.#last.set(node, { ...read, time });
    // A publisher that was started again begins with its first batch.
    const expected = last?.instance === read.instance ? last.batch + 1 : last === undefined ? read.batch : 0;
    if (read.batch === expected) return undefined;
    return {
      ...{ node, type: 'gap', cause: 'overload', from: (last?.time ?? time).toISOString(), to: time.toISOString() },
      reason: `${read.batch - expected} batches of '${node}' are missing in the stream`,
    };
  }
}
