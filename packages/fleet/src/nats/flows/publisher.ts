import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { checkNodeId } from '../../node-id.js';
import { Backoff } from '../broker/backoff.js';
import { type Broker, connectBroker, loadNats } from '../broker/connect.js';
import { type BrokerOptions, brokerOf } from '../broker/options.js';
import { pause } from '../pause.js';
import { jsonObject } from '../wire/frames.js';
import { Subjects } from '../wire/subjects.js';
import { Backlog, type Batch, type Loss } from './backlog.js';
import { batchId, ENCODING, MESSAGE_ID } from './row.js';

/** Bytes of rows in a full batch, before compression. */
const BATCH = 512 * 1024;
/** Default bytes of rows that wait for the broker. */
const BACKLOG = 64 * 1024 * 1024;
/** Default milliseconds until a batch that is not full is sent. */
const DELAY = 250;
/** Milliseconds until the broker must have stored a batch. */
const STORE_TIME = 5_000;

/** Options of a publisher of ended flows. */
export interface FlowPublisherOptions extends BrokerOptions {
  fleet: string;
  /** The name of this node. */
  node: string;
  /** Maximum bytes of rows that wait for the broker. Older rows are then dropped, and reported as a gap. Default: 64 MiB. */
  backlog?: number;
  /** Maximum milliseconds that rows wait to be sent together. Default: 250. */
  delay?: number;
  /** Receives failures, each once until it has passed. */
  report?: (reason: string) => void;
}

const compress = promisify(gzip);

/**
 * Publishes recorded rows of a node into the stream of its fleet. The broker stores each batch once, even if it is sent
 * again after a lost connection. Rows are sent in their order.
 */
export class FlowPublisher implements AsyncDisposable {
  readonly #options: FlowPublisherOptions;
  readonly #subject: string;
  readonly #inbox: string;
  readonly #instance = randomBytes(9).toString('base64url');
  readonly #backlog: Backlog;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #broker: Broker | undefined;
  #count = 0;
  /** The batch that waits for the broker's confirmation. */
  #unstored: { readonly id: string; readonly batch: Batch } | undefined;
  #trouble = false;
  #wake: (() => void) | undefined;
  /** Ends the wait for an answer of the broker. */
  #lost: (() => void) | undefined;
  #stored = 0;

  private constructor(options: FlowPublisherOptions) {
    checkNodeId(options.node);
    this.#options = options;
    const subjects = new Subjects(options.fleet);
    this.#subject = subjects.flows(options.node);
    this.#inbox = subjects.inbox(options.node);
    this.#backlog = new Backlog(options.backlog ?? BACKLOG, BATCH);
    this.#running = this.#run();
  }

  /**
   * Starts a publisher. It connects in the background; rows wait until then.
   *
   * @throws FleetError NODE_INVALID
   */
  static start(options: FlowPublisherOptions): FlowPublisher {
    return new FlowPublisher(options);
  }

  /** Number of rows that the broker has stored. */
  get stored(): number {
    return this.#stored;
  }

  /** Number of rows that were dropped. */
  get dropped(): number {
    return this.#backlog.dropped;
  }

  /** Number of bytes that wait. */
  get waiting(): number {
    return this.#backlog.bytes + (this.#unstored?.batch.bytes ?? 0);
  }

  /**
   * Adds rows. Never waits and never throws.
   *
   * @param lines rows as NDJSON, each line with its end
   * @param rows number of lines
   */
  write(lines: Uint8Array | string, rows: number): void {
    if (rows === 0 || this.#closing.signal.aborted) return;
    this.#backlog.add(typeof lines === 'string' ? Buffer.from(lines) : lines, rows);
    if (this.#backlog.hasFull) this.#wake?.();
  }

  /** Resolves when the broker has stored all rows so far, or when the time is over. Returns whether it has. */
  async flush(milliseconds = STORE_TIME): Promise<boolean> {
    const limit = performance.now() + milliseconds;
    while (this.waiting > 0 && performance.now() < limit && !this.#closing.signal.aborted) {
      this.#wake?.();
      await pause(5);
    }
    return this.waiting === 0;
  }

  /** Sends what waits, if the broker takes it soon, and disconnects. */
  async close(): Promise<void> {
    await this.flush();
    this.#closing.abort();
    this.#wake?.();
    await this.#running;
    await this.#broker?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const backoff = new Backoff();
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        this.#broker ??= await this.#connect();
        await this.#next();
        await this.#store();
        backoff.begin();
        this.#trouble = false;
      } catch (error) {
        if (!this.#trouble)
          this.#options.report?.(`flows of '${this.#options.node}' wait for the broker: ${(error as Error).message}`);
        this.#trouble = true;
        await pause(backoff.wait(), signal);
      }
    }
  }

  #connect(): Promise<Broker> {
    const { node } = this.#options;
    return connectBroker(
      {
        ...brokerOf(this.#options),
        name: `conntrack flows of ${node}`,
        inboxPrefix: this.#inbox,
      },
      { disconnected: () => this.#lost?.() },
    );
  }

  /** Waits for a full batch, or for the time after which any batch is sent. */
  async #next(): Promise<void> {
    if (this.#unstored !== undefined || this.#backlog.hasFull || this.#closing.signal.aborted) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, this.#options.delay ?? DELAY);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Sends the batch that is not stored, or the next one. @throws when the broker did not store it */
  async #store(): Promise<void> {
    this.#unstored ??= this.#take();
    if (this.#unstored === undefined) return;
    if (!this.#broker!.connected) throw new Error('the connection to the broker was lost');
    const { connection } = this.#broker!;
    const { headers } = await loadNats();
    const { id, batch } = this.#unstored;
    const about = headers();
    about.set(MESSAGE_ID, id);
    about.set(ENCODING, 'gzip');
    const payload = await compress(Buffer.concat(batch.chunks), { level: 1 });
    const lost = new Promise<never>((_, reject) => {
      this.#lost = () => reject(new Error('the connection to the broker was lost'));
    });
    const request = connection.request(this.#subject, payload, { headers: about, timeout: STORE_TIME });
    const answer = await Promise.race([request, lost]);
    const { error, seq } = (jsonObject(answer.data) ?? {}) as { error?: { description?: string }; seq?: number };
    if (error !== undefined || seq === undefined)
      throw new Error(error?.description ?? 'the broker did not store them');
    this.#stored += batch.rows;
    this.#unstored = undefined;
  }

  #take(): { id: string; batch: Batch } | undefined {
    const batch = this.#backlog.take();
    if (batch === undefined) return undefined;
    const loss = this.#backlog.loss();
    if (loss !== undefined) {
      const line = Buffer.from(`${JSON.stringify(this.#gapOf(loss))}\n`);
      batch.chunks.unshift(line);
      batch.bytes += line.length;
    }
    return { id: batchId(this.#options.node, this.#instance, this.#count++), batch };
  }

  #gapOf({ rows, from, to }: Loss): object {
    const reason = `${rows} rows of '${this.#options.node}' were dropped, because the broker did not take them in time`;
    const time = (at: number): string => new Date(at).toISOString();
    return { type: 'gap', from: time(from), to: time(to), cause: 'overload', reason, rows };
  }
}
