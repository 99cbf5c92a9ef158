import { createReadStream, promises, type Stats } from 'node:fs';
import type { Flow } from '@conntrack/flow';
import { callback, checkOptions, type OptionRules, text } from '@conntrack/flow/checks';
import { type SourceInfo, type TableCapabilities, TableError } from '@conntrack/flow/table';
import { captureBatches, type ParseError } from '@conntrack/parser/capture';
import { batchOfFlows } from '../object-rows.js';
import { allRecorded, hasAll, noteRecorded, type Recorded } from '../recorded.js';
import type { RowBatch } from '../rows.js';
import type { ChangeOutcome, ScanOptions, TableSource } from '../source.js';
import { tupleKey } from '../tuple-key.js';

/** Options for reading a capture. */
export interface CaptureOptions {
  /** The name of the source: `file:FILE`, `procfs`. */
  name?: string;
  /** Why the file may be missing, if a reason is known. */
  absent?: string;
  /** Called with each bad line, which is then skipped. Without it, the first bad line ends the read with its ParseError. */
  onBadLine?: (error: ParseError) => void;
}
const CAPTURE_RULES: OptionRules<CaptureOptions> = { name: text, absent: text, onBadLine: callback };

/**
 * A source that reads a file of entries, in any format that `@conntrack/parser/capture` reads: a saved `conntrack -L`, a router's /proc
 * file, NDJSON, lines of a log. The file is read again, as a stream, for each operation.
 */
export class CaptureSource implements TableSource {
  readonly info: SourceInfo;
  readonly #path: string;
  readonly #onBadLine: CaptureOptions['onBadLine'];
  /** What was read ahead of a scan. */
  #ahead: AsyncGenerator<Flow[]> | undefined;
  readonly #absent: string;

  constructor(path: string, options: CaptureOptions = {}) {
    checkOptions('CaptureSource', options, CAPTURE_RULES);
    this.#path = path;
    this.#onBadLine = options.onBadLine;
    this.#absent = options.absent ?? 'the file does not exist';
    this.info = { kind: 'capture', name: options.name ?? `file:${path}`, writable: false };
  }

  /** What the entries carry is known only after reading some: see `recorded`. */
  async capabilities(): Promise<TableCapabilities> {
    await this.check();
    return { accounting: true, timestamps: true, writable: false, notes: [] };
  }

  /**
   * Reads entries until all needed fields were seen, which is mostly in the first one. If the source can be read only once (a pipe), the
   * entries are kept for the next scan.
   */
  async recorded(needs: Recorded, signal?: AbortSignal): Promise<Recorded> {
    const again = (await this.check()).isFile();
    const batches = this.#batches(signal);
    const found = allRecorded(false);
    const kept: Flow[][] = [];
    let empty = true;
    while (!hasAll(needs, found)) {
      const { done, value } = await batches.next();
      if (done) break;
      empty = false;
      if (!again) kept.push(value);
      for (const flow of value) noteRecorded(flow, found);
    }
    if (again) await batches.return(undefined);
    else this.#ahead = prepended(kept, batches);
    return empty && !hasAll(needs, found) ? allRecorded(true) : found;
  }

  async *scan({ signal }: ScanOptions): AsyncGenerator<RowBatch> {
    await this.check();
    const batches = this.#ahead ?? this.#batches(signal);
    this.#ahead = undefined;
    for await (const flows of batches) yield batchOfFlows(flows);
  }

  async *#batches(signal: AbortSignal | undefined): AsyncGenerator<Flow[], undefined> {
    signal?.throwIfAborted();
    // Without the signal: if it destroyed a stream that nobody reads, the process would end. The parser closes the stream.
    const chunks = createReadStream(this.#path, { highWaterMark: 256 * 1024 });
    try {
      yield* captureBatches(chunks, {
        ...(this.#onBadLine ? { mode: 'tolerant', onBadLine: this.#onBadLine } : { mode: 'strict' }),
        ...(signal && { signal }),
      });
    } catch (error) {
      throw (error as NodeJS.ErrnoException).syscall === undefined ? error : this.#unreadable(error);
    }
  }

  async get(ref: Parameters<TableSource['get']>[0], signal?: AbortSignal): Promise<Flow | undefined> {
    const wanted = tupleKey(ref);
    for await (const rows of this.scan(signal ? { signal } : {}))
      for (const cursor = rows.cursor(); cursor.next(); ) {
        if (cursor.protonum() !== ref.protonum) continue;
        const flow = cursor.flow();
        if (tupleKey(cursor.ref()) === wanted || tupleKey({ ...cursor.ref(), original: flow.reply }) === wanted)
          return flow;
      }
    return undefined;
  }

  create(): Promise<never> {
    return this.#refuse();
  }
  update(): Promise<never> {
    return this.#refuse();
  }
  delete(): Promise<never> {
    return this.#refuse();
  }
  // biome-ignore lint/correctness/useYield: it refuses before there is anything to yield
  async *deleteMany(): AsyncGenerator<ChangeOutcome> {
    await this.#refuse();
  }
  // biome-ignore lint/correctness/useYield: it refuses before there is anything to yield
  async *updateMany(): AsyncGenerator<ChangeOutcome> {
    await this.#refuse();
  }
  flush(): Promise<never> {
    return this.#refuse();
  }
  close(): void {}

  async #refuse(): Promise<never> {
    throw new TableError('READ_ONLY', `${this.info.name} is read-only`);
  }

  /** Returns the file's state. @throws TableError SOURCE_UNUSABLE */
  async check(): Promise<Stats> {
    try {
      const found = await promises.stat(this.#path);
      if (found.isDirectory()) throw new TableError('SOURCE_UNUSABLE', `${this.#path} is a folder, not a capture`);
      return found;
    } catch (error) {
      if (error instanceof TableError) throw error;
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): TableError {
    const { code } = error as NodeJS.ErrnoException;
    const denied = code === 'EACCES' || code === 'EPERM';
    const remedy = 'permission denied. Run this with sudo, or as a user who can read the file';
    const why = code === 'ENOENT' ? this.#absent : denied ? remedy : String(code);
    const message = `cannot read ${this.#path}: ${why}`;
    return denied
      ? new TableError('NOT_PRIVILEGED', message, { cause: error, missing: 'file' })
      : new TableError('SOURCE_UNUSABLE', message, { cause: error });
  }
}

/** Yields batches that were read ahead, and then the rest. */
async function* prepended(first: Flow[][], rest: AsyncGenerator<Flow[]>): AsyncGenerator<Flow[]> {
  while (first.length > 0) yield first.shift()!;
  yield* rest;
}
