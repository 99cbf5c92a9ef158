import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certainty, TimeRange } from '@conntrack/flow/table';
import type { LocalTable, ViewOptions } from '@conntrack/table';
import { HistoryError } from '../errors.js';
import { Database, type DuckDBLimits } from '../store/duckdb.js';
import { Answering } from './answering.js';
import { HistoryTable } from './history-table.js';

/** The flows of a span of time, as a table that can be read: with lists, pages, counts and rankings. */
export interface PastTable extends LocalTable {
  /** What the answers so far leave open. */
  readonly certainty: Certainty;
  view(options: ViewOptions): PastTable;
}

/** Options for reading a history. */
export interface HistoryOptions {
  readonly duckdb?: DuckDBLimits;
}

/**
 * A folder with recorded flows, to ask questions about. A recorder may write to it meanwhile.
 *
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter';
 * import { History } from '@conntrack/history';
 *
 * await using history = await History.open('/var/lib/conntrack/history');
 * const noon = Date.parse('2026-11-30T12:00:00Z');
 * const table = history.table({ from: noon - 300_000, to: noon + 300_000 });
 * const { filter } = parseQuery('reply.dst=203.0.113.5&reply.dport=40000');
 * for await (const flow of table.list({ filter })) console.log(flow.original.src, flow.start, flow.stop);
 * console.log(table.certainty.gaps);
 * ```
 */
export class History {
  readonly folder: string;
  readonly #spill: string;
  readonly #database: Database;

  private constructor(folder: string, spill: string, database: Database) {
    this.folder = folder;
    this.#spill = spill;
    this.#database = database;
  }

  /**
   * @throws HistoryError FOLDER_UNUSABLE
   *
   * @throws DuckDBMissingError
   */
  static async open(folder: string, { duckdb = {} }: HistoryOptions = {}): Promise<History> {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true)
      throw new HistoryError(
        'FOLDER_UNUSABLE',
        `${folder} is not a folder with a history. Record one with: ctctl history record`,
      );
    const spill = await mkdtemp(join(tmpdir(), 'conntrack-history-'));
    try {
      return new History(folder, spill, await Database.open(spill, duckdb));
    } catch (error) {
      await rm(spill, { recursive: true });
      throw error;
    }
  }

  /** Returns the flows that existed at any moment of a span of time, as a table. */
  table(range: TimeRange): PastTable {
    return new HistoryTable(new Answering(this.folder, range, this.#database));
  }

  async close(): Promise<void> {
    this.#database.close();
    await rm(this.#spill, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
