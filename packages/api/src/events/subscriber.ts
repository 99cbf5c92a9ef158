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

/** Heartbeats that a reader may take nothing, before the connection is cut: it is gone, or will never come back. */
const DEAD_BEATS = 40;

/** What a subscriber asked for. */
export interface Subscription extends ChannelOptions {
  /** The table and the filter of snapshots. */
  readonly table: LocalTable;
  readonly filter: Filter;
  /** Snapshots at the beginning and after losses. */
  readonly initial: boolean;
  /** It goes on where it was: it needs no snapshot to begin with. */
  readonly resumed: boolean;
  /** Events were lost before it began: why it starts with a snapshot. */
  readonly late?: { readonly count: number | null };
  /** Whether the reader may still read: asked at every heartbeat. */
  allowed(): boolean | Promise<boolean>;
}

/**
 * One reader of events. What waits for it are the ring's own segments: it is a place in them, and costs no memory but what its connection
 * has under way. Behind the ring's end it gets one gap, and goes on with what is new.
 */
export class Subscriber implements Watcher {
  readonly #journal: EventJournal;
  readonly #out: AnswerStream;
  readonly #options: Subscription;
  readonly #reader: JournalReader;
  /** The last record that is dealt with. */
  #seq: number;
  /** The reader is to catch up. */
  #blocked = false;
  #beats = 0;
  #ended = false;
  /** A snapshot is being written: aborted when it is of no use any more. */
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

  /** Writes what it begins with. */
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
      // Behind a loss the reader begins again: by then it has to be known which flows match.
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
      // The bookmark within a snapshot is the one that ends it.
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

  /** Where to go on: nowhere, while a snapshot is under way or about to be. */
  #position(): string {
    return formatPosition(this.#reader.epoch, this.#syncing === undefined ? this.#seq : 0);
  }

  #gap(where: GapPlace, count: number | null): void {
    // The kernel's are counted where they come, once for all.
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

  /** From here on positions are of no use. A snapshot under way is worth nothing after a loss. */
  #begin(): void {
    this.#syncing?.abort();
    this.#syncing = new AbortController();
  }

  async #snapshot(syncing: AbortController): Promise<void> {
    const { signal } = syncing;
    const rows: RowWriter = {
      format: this.#options.format,
      position: this.#position(),
      isUnheard: this.#reader.isUnheard,
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
      // Aborted: another snapshot has begun, or the reader is gone.
      if (signal.aborted) return;
      this.#journal.report(error);
      this.bye('source-failed');
    }
  }

  /** Until the reader can take more. Events come first: they are written before this resolves. */
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

  /** Writes bytes whose memory is used again: resolves when it may be, or when nobody reads any more. */
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
