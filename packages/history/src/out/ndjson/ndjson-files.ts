import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gap, RecordBatch } from '../../record.js';
import { gapJson, rowJson } from '../../row-json.js';
import type { Sink } from '../../sink.js';
import { lockFolder } from '../../store/lock.js';
import { Losses, type Report } from '../losses.js';
import { AppendFile } from './append-file.js';
import { FinishedFiles } from './finished-files.js';
import { type CompleteOptions, type NdjsonFilesOptions, ndjsonOptions } from './options.js';

/** The file that is being written. */
const CURRENT = 'current.ndjson';
/** Bytes that are written at once. */
const CHUNK = 262_144;
/** How long to wait after a failed write, and between two synchronizations with the disk. */
const SECOND = 1000;

/** Lines that are written together: all of them, or none. */
interface Chunk {
  text: string;
  rows: number;
}

/** A gap that lasts. */
type OpenGap = Gap & { to: number; rows: number };

/**
 * Writes rows to NDJSON files in a folder: `current.ndjson`, which is renamed to `flows-TIME.ndjson` when it is large or old enough. A file
 * has whole lines only: what a crash or a full disk left of a line is cut off.
 *
 * While the disk is full, rows wait in memory up to a limit. Rows beyond it are dropped and counted, and a `gap` line stands in their place.
 *
 * @example
 * ```ts
 * import { NdjsonFiles } from '@conntrack/history';
 *
 * await using files = await NdjsonFiles.open('/var/lib/conntrack/ndjson', { compress: 'gzip', keepDays: 30 }, console.error);
 * ```
 */
export class NdjsonFiles implements Sink, AsyncDisposable {
  readonly name: string;
  readonly #path: string;
  readonly #options: CompleteOptions;
  readonly #finished: FinishedFiles;
  readonly #losses: Losses;
  readonly #report: Report;
  readonly #ticker: NodeJS.Timeout;
  // Absent after a file was finished, until the next one is opened.
  #file: AppendFile | undefined;
  readonly #chunks: Chunk[] = [];
  readonly #chunkLength: number;
  #waiting = 0;
  #gap: OpenGap | undefined;
  #failure: Error | undefined;
  #running: Promise<void> | undefined;
  #idle: (() => void)[] = [];
  #closed = false;
  #synced = 0;
  #unlock: (() => Promise<void>) | undefined;

  private constructor(folder: string, options: CompleteOptions, finished: FinishedFiles, report: Report) {
    this.name = folder;
    this.#path = join(folder, CURRENT);
    this.#options = options;
    this.#finished = finished;
    this.#report = report;
    this.#chunkLength = Math.min(CHUNK, options.maxBytes);
    this.#losses = new Losses(report, folder, 'row');
    // Each second: a file that is old enough is finished, data is synchronized, and a failed write is repeated.
    this.#ticker = setInterval(() => this.#run(), SECOND).unref();
  }

  /**
   * Opens a folder, which is created if it is missing (mode 0700: the rows are personal data).
   *
   * @param report receives a sentence when rows are lost, and when a file was repaired
   *
   * @throws OptionsError; HistoryError IN_USE if another process writes to the folder; the error of the file system
   */
  static async open(folder: string, options: NdjsonFilesOptions = {}, report: Report = () => {}): Promise<NdjsonFiles> {
    const complete = ndjsonOptions(options);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unlock = await lockFolder(folder);
    try {
      const finished = new FinishedFiles(folder, complete, report);
      const stopped = await finished.newest();
      const file = await AppendFile.open(join(folder, CURRENT));
      const files = new NdjsonFiles(folder, complete, finished, report);
      files.#unlock = unlock;
      files.#file = file;
      files.#resume(file, stopped);
      finished.tidy();
      return files;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Writes the time in which nothing was written as a gap. `close` renames its file, so a `current.ndjson` with rows says: killed. */
  #resume({ cut, writtenBefore }: AppendFile, stopped: number | undefined): void {
    const to = Date.now();
    const gap = (from: number, cause: 'killed' | 'stopped', reason: string) =>
      this.#append(gapJson({ from: Math.min(from, to), to, cause, reason }), 0);
    if (cut > 0) this.#report(`${this.#path}: ${cut} bytes of an incomplete line were cut off`);
    if (writtenBefore !== undefined) gap(writtenBefore, 'killed', 'the program that wrote this file was killed');
    else if (stopped !== undefined) gap(stopped, 'stopped', 'nothing was recorded');
  }

  /** Number of rows that were not written, because the disk was full or too slow. */
  get dropped(): number {
    return this.#losses.total;
  }

  write(batch: RecordBatch): void {
    const row = batch.cursor();
    while (row.next()) {
      if (this.#waiting < this.#options.backlog && !this.#closed) this.#append(rowJson(row), 1);
      else this.#drop();
    }
    // `open` has written the gap between two runs of the program, for the rows of these files.
    for (const gap of batch.gaps)
      if (!this.#closed && gap.cause !== 'stopped' && gap.cause !== 'killed') this.#append(gapJson(gap), 0);
    if (this.#failure === undefined) this.#run();
  }

  #drop(): void {
    const reason = this.#failure?.message ?? 'the disk is too slow';
    const now = Date.now();
    this.#gap ??= { from: now, to: now, cause: this.#failure === undefined ? 'overload' : 'disk', reason, rows: 0 };
    this.#gap.rows++;
    this.#gap.to = now;
    this.#losses.add(1, reason);
  }

  /** Writes the gap line of dropped rows, before the next line. */
  #endGap(): void {
    const gap = this.#gap;
    this.#gap = undefined;
    if (gap !== undefined) this.#append(gapJson(gap), 0);
  }

  #append(line: string, rows: number): void {
    this.#endGap();
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.text.length + line.length >= this.#chunkLength) {
      chunk = { text: '', rows: 0 };
      this.#chunks.push(chunk);
    }
    chunk.text += `${line}\n`;
    chunk.rows += rows;
    this.#waiting += line.length + 1;
  }

  /** Writes what is waiting, in the background. */
  #run(): void {
    this.#running ??= this.#writeAll()
      .then(
        () => this.#succeed(),
        (error: Error) => this.#fail(error),
      )
      .finally(() => {
        this.#running = undefined;
        if (this.#chunks.length > 0 && this.#failure === undefined) this.#run();
      });
  }

  async #writeAll(): Promise<void> {
    for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
      try {
        await this.#writeChunk(Buffer.from(chunk.text));
      } catch (error) {
        this.#chunks.unshift(chunk);
        throw error;
      }
      this.#waiting -= chunk.text.length;
    }
    const file = this.#file;
    if (file === undefined) return;
    if (Math.abs(Date.now() - this.#synced) >= SECOND) {
      this.#synced = Date.now();
      await file.sync();
    }
    if (file.size > 0 && Math.abs(Date.now() - file.created) >= this.#options.maxAge * SECOND) await this.#finish(file);
  }

  async #writeChunk(lines: Uint8Array): Promise<void> {
    const before = this.#file;
    if (before !== undefined && before.size > 0 && before.size + lines.length > this.#options.maxBytes)
      await this.#finish(before);
    this.#file ??= await AppendFile.open(this.#path);
    await this.#file.append(lines);
  }

  async #finish(file: AppendFile): Promise<void> {
    await file.sync();
    await this.#finished.take(this.#path);
    this.#file = undefined;
    await file.close();
    this.#finished.tidy();
  }

  #fail(error: Error): void {
    if (this.#failure === undefined)
      this.#report(
        `${this.name}: cannot write: ${error.message}. Rows wait in memory, and are written when that works again`,
      );
    this.#failure = error;
  }

  #succeed(): void {
    if (this.#failure !== undefined) this.#report(`${this.name}: writing again`);
    this.#failure = undefined;
    if (this.#chunks.length > 0) return;
    for (const done of this.#idle.splice(0)) done();
  }

  async flush(): Promise<void> {
    if (this.#chunks.length === 0 && this.#running === undefined) return;
    if (this.#failure === undefined) this.#run();
    await new Promise<void>(done => this.#idle.push(done));
  }

  /** Writes what is waiting, and finishes the file. What cannot be written now counts as dropped. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#ticker);
    this.#endGap();
    while (this.#running !== undefined) await this.#running;
    // Once more, even after a failure.
    this.#run();
    while (this.#running !== undefined) await this.#running;
    for (const { rows } of this.#chunks.splice(0))
      this.#losses.add(rows, this.#failure?.message ?? 'the files were closed');
    try {
      if (this.#file !== undefined && this.#file.size > 0) await this.#finish(this.#file);
      else await this.#file?.close();
    } catch (error) {
      this.#fail(error as Error);
    }
    this.#losses.tell();
    await this.#finished.idle();
    await this.#unlock?.();
    for (const done of this.#idle.splice(0)) done();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
