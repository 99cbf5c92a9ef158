import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HistoryError } from '../errors.js';
import type { Gap, RecordBatch } from '../record.js';
import type { Sink } from '../sink.js';
import { Block, type LeftOut } from './block.js';
import { ClockWatch } from './clock-watch.js';
import { Database, type DuckDBLimits, loadDuckDB } from './duckdb.js';
import { hourOf, readFiles, remove } from './files.js';
import { encodeBlock, encodeMark } from './journal-format.js';
import { JournalWriter } from './journal-writer.js';
import { Keeper } from './keeper.js';
import { leftOutBy, noteLeftOut } from './kept-fields.js';
import { lockFolder } from './lock.js';
import type { Retention } from './retention.js';
import { SegmentReader } from './segment-reader.js';

/** Milliseconds between two writes to the disk. */
const INTERVAL = 1000;
/** Milliseconds between two looks at the age and the size of the history. */
const UPKEEP = 60_000;
/** Maximum bytes of rows that wait to be written: half a million rows. */
const QUEUE_BYTES = 64 * 2 ** 20;

/** Options of a store. */
export interface StoreOptions extends Retention {
  /** The folder of the history. It is created, readable for its owner only. */
  readonly folder: string;
  /** The fields to keep, see `KEPT_FIELDS`. Protocol, address family and time are always kept. Default: all. */
  readonly fields?: readonly string[];
  readonly duckdb?: DuckDBLimits;
  /** Called with what an operator should know. */
  readonly onLog?: (message: string) => void;
  /** Returns the time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
  /** Returns the milliseconds since any moment, never set back. Default: `performance.now`. */
  readonly monotonic?: () => number;
}

/** What a store did so far, for metrics. */
export interface StoreStats {
  /** `writing`, or `failing` while nothing can be written (the disk is full): rows are then lost, and counted. */
  readonly state: 'writing' | 'failing';
  /** Why nothing can be written. */
  readonly reason?: string;
  /** Rows that are on the disk, rows that were lost, and gaps that were recorded. */
  readonly written: number;
  readonly dropped: number;
  readonly gaps: number;
  /** Bytes that wait to be written. */
  readonly queued: number;
  /** Files and bytes in the folder. */
  readonly files: number;
  readonly bytes: number;
}

interface Queued {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly minTime: number;
}

/** The span in which rows were lost, and how many. */
interface Loss {
  from: number;
  rows: number;
  readonly cause: 'disk' | 'overload';
}

function checkRetention({ days, bytes }: Retention): void {
  if (!(days > 0)) throw new HistoryError('SETTING_INVALID', `days must be a number > 0, got ${days}`);
  if (!(bytes >= 2 ** 20)) throw new HistoryError('SETTING_INVALID', `bytes must be a number ≥ 1048576, got ${bytes}`);
}

/**
 * Writes recorded rows to a folder: at once to a journal, which is on the disk within a second, and later to Parquet, one file for each hour.
 */
export class HistoryStore implements Sink {
  readonly name = 'history';
  readonly #options: StoreOptions;
  readonly #leftOut: LeftOut;
  readonly #unlock: () => Promise<void>;
  readonly #keeper: Keeper;
  readonly #clock: ClockWatch;
  readonly #block = new Block();
  #journal: JournalWriter;
  #hour: string;
  #queue: Queued[] = [];
  #queued = 0;
  #written = 0;
  #dropped = 0;
  #gaps = 0;
  #failure: string | undefined;
  /** The span that is lost since rows are dropped, and how many were. */
  #lost: Loss | undefined;
  #database: Promise<Database> | undefined;
  #upkeep: Promise<void> | undefined;
  #upkeepAt: number;
  #writing: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  private constructor(options: StoreOptions, leftOut: LeftOut, unlock: () => Promise<void>, journal: JournalWriter) {
    this.#options = options;
    this.#leftOut = leftOut;
    this.#unlock = unlock;
    this.#journal = journal;
    this.#hour = hourOf(this.#now());
    this.#clock = new ClockWatch(options.now, options.monotonic);
    this.#upkeepAt = this.#now();
    const log = (message: string): void => options.onLog?.(message);
    this.#keeper = new Keeper(options.folder, options, () => this.#open(), log);
    this.#timer = setInterval(() => this.#schedule(), INTERVAL).unref();
  }

  /**
   * Opens a folder for recording, and records as a gap how long nothing was recorded.
   *
   * @throws HistoryError IN_USE, SETTING_INVALID
   *
   * @throws DuckDBMissingError
   */
  static async open(options: StoreOptions): Promise<HistoryStore> {
    checkRetention(options);
    const leftOut = leftOutBy(options.fields);
    await loadDuckDB();
    const { folder, now = Date.now } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unlock = await lockFolder(folder);
    try {
      const { sealed, journal, leftover } = await readFiles(folder);
      for (const path of leftover) await remove(path);
      await noteLeftOut(folder, leftOut, now());
      const hole = await holeOf(journal.at(-1)?.path, now());
      const number = Math.max(0, ...sealed.map(({ last }) => last), ...journal.map(segment => segment.number)) + 1;
      const store = new HistoryStore(options, leftOut, unlock, await JournalWriter.create(folder, number, now()));
      if (hole !== undefined) store.#addGap(hole);
      await store.flush();
      return store;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  get dropped(): number {
    return this.#dropped;
  }

  get stats(): StoreStats {
    return {
      state: this.#failure === undefined ? 'writing' : 'failing',
      ...(this.#failure !== undefined && { reason: this.#failure }),
      written: this.#written,
      dropped: this.#dropped,
      gaps: this.#gaps,
      queued: this.#queued,
      ...this.#keeper.kept,
    };
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #open(): Promise<Database> {
    this.#database ??= Database.open(join(this.#options.folder, 'spill'), {
      memory: 96 * 2 ** 20,
      threads: 1,
      ...this.#options.duckdb,
    });
    return this.#database;
  }

  write(batch: RecordBatch): void {
    if (batch.rows > 0) this.#add(batch);
    for (const gap of batch.gaps) this.#addGap(gap);
    if (this.#queued >= 2 ** 20) this.#schedule();
  }

  #add(batch: RecordBatch): void {
    const full = this.#queued >= QUEUE_BYTES;
    if (full || this.#failure !== undefined) {
      this.#lose(batch.rows, this.#now(), full ? 'overload' : 'disk');
      return;
    }
    const block = this.#block;
    const cursor = batch.cursor();
    while (cursor.next()) {
      block.add(cursor);
      if (block.full) this.#enqueue();
    }
  }

  #addGap(gap: Gap): void {
    this.#gaps++;
    // While nothing can be written, the loss that is recorded afterwards covers this gap.
    if (this.#failure !== undefined) return;
    this.#block.addGap(gap);
    if (this.#block.full) this.#enqueue();
  }

  /** Moves the rows of the current block to the queue. */
  #enqueue(): void {
    const block = this.#block;
    if (block.rows === 0) return;
    const bytes = encodeBlock(block, this.#leftOut);
    this.#queue.push({ bytes, rows: block.rows, minTime: block.minTime });
    this.#queued += bytes.length;
    block.clear();
  }

  #lose(rows: number, from: number, cause: 'disk' | 'overload'): void {
    this.#dropped += rows;
    this.#lost ??= { from, rows: 0, cause };
    this.#lost.rows += rows;
    this.#lost.from = Math.min(this.#lost.from, from);
  }

  /** Writes what waits, after the current write. Never rejects. */
  #schedule(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#cycle());
    return this.#writing;
  }

  async #cycle(): Promise<void> {
    const now = this.#now();
    const jump = this.#clock.look();
    if (jump !== undefined) this.#addGap(jump);
    this.#enqueue();
    const batch = this.#queue;
    const lost = this.#lost;
    this.#queue = [];
    this.#queued = 0;
    this.#lost = undefined;
    try {
      await this.#journal.append([...batch.map(({ bytes }) => bytes), ...this.#lossBlocks(lost, now), encodeMark(now)]);
      await this.#journal.sync();
      for (const { rows } of batch) this.#written += rows;
      if (lost !== undefined) this.#gaps++;
      this.#recovered();
    } catch (error) {
      this.#failed(error as Error, batch, lost, now);
    }
    if (this.#failure === undefined && (this.#journal.full || hourOf(now) !== this.#hour)) await this.#rotate(now);
    this.#maintain(now);
  }

  /** Returns the gap of the rows that were lost since the last write. */
  #lossBlocks(lost: Loss | undefined, now: number): Uint8Array[] {
    if (lost === undefined) return [];
    const why =
      lost.cause === 'disk' ? (this.#failure ?? 'the disk was full') : 'rows arrived faster than they could be written';
    const gap = new Block();
    const reason = `the history was not written: ${why}`;
    gap.addGap({ from: lost.from, to: now, cause: lost.cause, reason, rows: lost.rows });
    return [encodeBlock(gap)];
  }

  #failed(error: Error, batch: readonly Queued[], lost: Loss | undefined, now: number): void {
    // Rows were lost before this write, too, and while it was tried.
    const during = this.#lost;
    this.#lost = lost ?? { from: now, rows: 0, cause: 'disk' };
    for (const { rows, minTime } of batch) this.#lose(rows, minTime, 'disk');
    if (during !== undefined) this.#lost.rows += during.rows;
    if (this.#failure === undefined)
      this.#options.onLog?.(
        `the history cannot be written: ${error.message}. Rows are lost until it can be written again`,
      );
    this.#failure = error.message;
  }

  #recovered(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#options.onLog?.('the history is written again');
  }

  /** Begins a new segment. If that fails, the current one continues. */
  async #rotate(now: number): Promise<void> {
    try {
      const next = await JournalWriter.create(this.#options.folder, this.#journal.number + 1, now);
      await this.#journal.close();
      this.#journal = next;
      this.#hour = hourOf(now);
      this.#upkeepAt = now;
    } catch (error) {
      this.#options.onLog?.(`cannot begin a segment of the journal: ${(error as Error).message}`);
    }
  }

  /** Starts the upkeep if it is due. Writing continues meanwhile. */
  #maintain(now: number): void {
    // The clock may have been set back.
    if (this.#upkeep !== undefined || (now < this.#upkeepAt && now > this.#upkeepAt - 2 * UPKEEP)) return;
    this.#upkeepAt = now + UPKEEP;
    this.#upkeep = this.#keeper
      .run(this.#journal.number, now)
      .catch(error => this.#options.onLog?.(`the history cannot be tidied up: ${(error as Error).message}`))
      .finally(() => {
        this.#upkeep = undefined;
      });
  }

  async flush(): Promise<void> {
    await this.#schedule();
  }

  /** Writes what waits, and does all upkeep that is due now: for tests and benchmarks. */
  async tidy(): Promise<void> {
    await this.flush();
    await this.#upkeep;
    await this.#keeper.run(this.#journal.number, this.#now());
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.#upkeep;
    await this.#journal.append([encodeMark(this.#now(), true)]).catch(() => {});
    await this.#journal.sync().catch(() => {});
    await this.#journal.close();
    (await this.#database)?.close();
    await rm(join(this.#options.folder, 'spill'), { recursive: true, force: true });
    await this.#unlock();
  }
}

/** Returns the span since the last recorder ran, by the last segment of its journal. */
async function holeOf(path: string | undefined, now: number): Promise<Gap | undefined> {
  if (path === undefined) return undefined;
  const { lastTime, stopped } = (await SegmentReader.open(path)).about;
  if (lastTime === undefined) return undefined;
  const [from, to] = [Math.min(lastTime, now), Math.max(lastTime, now)];
  return stopped
    ? { from, to, cause: 'stopped', reason: 'the recorder was stopped' }
    : { from, to, cause: 'killed', reason: 'the recorder was killed, or the machine failed' };
}
