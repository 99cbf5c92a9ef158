import {
  type ByeRecord,
  type EventRecord,
  formatPosition,
  type GapPlace,
  type ResyncRecord,
} from '@conntrack/client/protocol';
import type { Filter } from '@conntrack/filter';
import type { LocalTable } from '@conntrack/table';
import type { AnswerStream } from '../http/answer/answer-stream.js';
import type { ChannelOptions } from './channel.js';
import type { EventJournal } from './journal.js';
import { SIGN_OF_LIFE, writeRecord } from './records.js';
import type { Selection } from './selection.js';
import { type RowWriter, writeSnapshot } from './snapshot.js';
import type { JournalReader, Place, Watcher } from './watcher.js';

/** Number of heartbeats without progress after which a blocked connection is closed. */
const DEAD_BEATS = 40;

/** What a subscriber asked for. */
export interface Subscription extends ChannelOptions {
  /** The table and the filter for snapshots. */
  readonly table: LocalTable;
  readonly filter: Filter;
  /** Whether a snapshot is sent at the beginning and after each gap. */
  readonly initial: boolean;
  /** Whether it resumes from a position, and so needs no snapshot at the beginning. */
  readonly resumed: boolean;
  /**
   * Set when events were lost before it began: the stream then starts with a gap. `count` is null when the number is
   * unknown.
   */
  readonly late?: { readonly count: number | null };
  /** Whether the reader may still read. Checked at every heartbeat. */
  allowed(): boolean | Promise<boolean>;
}

/**
 * One reader of events. It is a position in the ring's shared segments, so its only memory is the data that its
 * connection is sending. A reader that falls behind the end of the ring gets one gap, and continues with new records.
 */
export class Subscriber implements Watcher {
  readonly #journal: EventJournal;
  readonly #out: AnswerStream;
  readonly #options: Subscription;
  readonly #reader: JournalReader;
  /** The sequence number of the last processed record. */
  #seq: number;
  /** The reader has to catch up before more is written. */
  #blocked = false;
  #beats = 0;
  #ended = false;
  /** Set while a snapshot is written. Aborted when the snapshot becomes useless. */
  #syncing: AbortController | undefined;
  #resume: (() => void) | undefined;

  constructor(journal: EventJournal, out: AnswerStream, options: Subscription, place: Place) {
    this.#journal = journal;
    this.#out = out;
    this.#options = options;
    this.#seq = place.seq;
    this.#reader = journal.join(this, options);
    out.onDrain = () => this.#drained();
    out.onClose = () => this.#leave();
  }

  /** Writes the first records of the stream. */
  start(): void {
    const { late, initial, resumed } = this.#options;
    if (late !== undefined) this.#gap('ring', late.count);
    else if (initial && !resumed) this.#resync('initial');
    else this.beat();
    this.pump();
  }

  get selection(): Selection | undefined {
    return this.#reader.channel.selection;
  }

  pump(): void {
    while (!this.#blocked && !this.#ended && this.#seq < this.#reader.head()) {
      const segment = this.#reader.find(this.#seq + 1);
      // After a gap the reader starts over. It must be known by then which flows match.
      if ((segment === undefined || segment.isGap) && this.selection?.seeding) return;
      if (segment === undefined) {
        const head = this.#reader.head();
        const count = this.#reader.lossUnknown(this.#seq) ? null : head - this.#seq;
        this.#seq = head;
        this.#gap('subscriber', count);
      } else if (segment.isGap) {
        this.#seq = segment.last;
        this.#gap('kernel', null);
      } else {
        const from = this.#seq + 1 - segment.first;
        this.#seq = segment.last;
        const bytes = this.#reader.channel.bytes(segment, from, this.#syncing !== undefined);
        if (bytes.length > 0) this.#write(bytes);
      }
    }
  }

  beat(): void {
    if (this.#ended) return;
    const allowed = this.#options.allowed();
    if (typeof allowed === 'boolean') this.#beat(allowed);
    else void allowed.then(then => this.#beat(then));
  }

  #beat(allowed: boolean): void {
    if (this.#ended) return;
    if (!allowed) this.bye('access-ended');
    else if (!this.#blocked) {
      // A snapshot ends with its own bookmark; no other may come before it.
      if (this.#syncing !== undefined) this.#write(SIGN_OF_LIFE[this.#options.format]);
      else this.#record({ type: 'bookmark', position: this.#position() });
      this.#beats = 0;
    } else if (++this.#beats >= DEAD_BEATS) this.#out.cut(new Error('the reader accepted no data for too long'));
  }

  bye(reason: ByeRecord['reason']): void {
    if (this.#ended) return;
    this.#record({ type: 'bye', position: this.#position(), reason });
    this.#leave();
    this.#out.end();
  }

  /** The position to resume from. During a snapshot, and before one, it does not allow to resume. */
  #position(): string {
    return formatPosition(this.#reader.epoch, this.#syncing === undefined ? this.#seq : 0);
  }

  #gap(where: GapPlace, count: number | null): void {
    // Gaps in the kernel's events are counted once, where they are received.
    if (where !== 'kernel') this.#journal.counters.countGap(where, count);
    if (this.#options.initial) this.#begin();
    this.#record({ type: 'gap', position: this.#position(), where, count });
    this.#resync(where);
  }

  #resync(reason: ResyncRecord['reason']): void {
    const { initial } = this.#options;
    if (initial) this.#begin();
    this.#record({ type: 'resync', position: this.#position(), reason, snapshot: initial });
    if (initial) void this.#snapshot(this.#syncing!);
  }

  /** From here on positions do not allow to resume. After a gap, a running snapshot is useless. */
  #begin(): void {
    this.#syncing?.abort();
    this.#syncing = new AbortController();
  }

  async #snapshot(syncing: AbortController): Promise<void> {
    const { signal } = syncing;
    const rows: RowWriter = {
      format: this.#options.format,
      position: this.#position(),
      isEndUncertain: this.#reader.isEndUncertain,
      write: bytes => this.#written(bytes, signal),
      ready: () => this.#ready(signal),
    };
    try {
      const free = await this.#journal.reads.acquire(signal);
      try {
        this.#journal.counters.snapshots++;
        await writeSnapshot(this.#options.table, this.#options.filter, rows, signal);
      } finally {
        free();
      }
      await this.#ready(signal);
      this.#syncing = undefined;
      this.#record({ type: 'bookmark', position: this.#position(), synced: true });
    } catch (error) {
      // Aborted: another snapshot has started, or the reader left.
      if (signal.aborted) return;
      this.#journal.report(error);
      this.bye('source-failed');
    }
  }

  /** Waits until the reader can take more. Pending events are written before this resolves. */
  async #ready(signal: AbortSignal): Promise<void> {
    while (this.#blocked) {
      await new Promise<void>(resolve => {
        this.#resume = resolve;
      });
      this.#resume = undefined;
    }
    signal.throwIfAborted();
  }

  #drained(): void {
    this.#blocked = false;
    this.#beats = 0;
    this.pump();
    if (!this.#blocked) this.#resume?.();
  }

  #record(record: EventRecord): void {
    const { format } = this.#options;
    this.#write(Buffer.from(writeRecord(format, record, this.#syncing === undefined)));
  }

  #write(bytes: Uint8Array, done?: () => void): void {
    if (this.#ended) return;
    this.#journal.counters.bytes += bytes.length;
    if (!this.#out.write(bytes, done)) this.#blocked = true;
  }

  /** Writes bytes whose memory is reused. Resolves when it may be, or when nobody reads any more. */
  async #written(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>(resolve => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#write(bytes, done);
    });
    signal.throwIfAborted();
  }

  #leave(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#syncing?.abort();
    this.#blocked = false;
    this.#resume?.();
    this.#reader.leave();
  }
}
