import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { DuckDBAppender, DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { Block, END_KIND, GAP_KIND } from './block.js';
import { COLUMNS, type ColumnName, rawTable, TEXT_COLUMNS, type UsedColumns } from './columns.js';
import type { Database } from './duckdb.js';
import { type BlockHeader, blocksOf, type DamagedPart, decodeBlock, noteUsed } from './journal-format.js';
import { memoryOf } from './vector-memory.js';

/** What was read of a segment. */
export interface LoadedSegment {
  rows: number;
  minTime: number;
  maxTime: number;
  /** Whether there are gaps, and rows of flows that had not ended. Known once the blocks were read. */
  gaps: boolean;
  open: boolean;
  /** The times of the first and the last row or mark, and whether the recorder stopped in order after them. */
  firstTime: number | undefined;
  lastTime: number | undefined;
  stopped: boolean;
  damaged: DamagedPart[];
}

/** Which blocks of a segment are needed. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Appends blocks to a table of DuckDB. */
export class BlockAppender {
  readonly #appender: DuckDBAppender;
  readonly #module: Database['module'];
  readonly #types: readonly DuckDBType[];
  readonly #columns: typeof COLUMNS;
  readonly #texts: readonly (typeof TEXT_COLUMNS)[number][];

  private constructor(module: Database['module'], appender: DuckDBAppender, used: UsedColumns) {
    this.#module = module;
    this.#columns = COLUMNS.filter(({ name }) => used.has(name));
    this.#texts = TEXT_COLUMNS.filter(name => used.has(name));
    this.#appender = appender;
    this.#types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i));
  }

  /** Creates the temporary table, and returns what appends to it. */
  static async create(
    { module }: Database,
    connection: DuckDBConnection,
    table: string,
    used: UsedColumns,
  ): Promise<BlockAppender> {
    await connection.run(rawTable(table, used));
    return new BlockAppender(module, await connection.createAppender(table), used);
  }

  append(block: Block): void {
    const chunk = this.#module.DuckDBDataChunk.create(this.#types, block.rows);
    for (const [i, { name }] of this.#columns.entries()) {
      const vector = chunk.getColumnVector(i);
      const memory = memoryOf(vector);
      const values = block.columns[name];
      const words = values.length / Block.ROWS;
      const bytes = block.rows * words * values.BYTES_PER_ELEMENT;
      new Uint8Array(memory.buffer, memory.byteOffset, bytes).set(
        new Uint8Array(values.buffer, values.byteOffset, bytes),
      );
      vector.flush();
    }
    for (const [i, name] of this.#texts.entries()) {
      const vector = chunk.getColumnVector(this.#columns.length + i);
      for (let row = 0; row < block.rows; row++) vector.setItem(row, block.texts.get(row)?.[name] ?? null);
      vector.flush();
    }
    this.#appender.appendDataChunk(chunk);
  }

  /** Makes everything that was appended visible. */
  close(): void {
    this.#appender.closeSync();
  }
}

/**
 * A segment of the journal in memory. Its blocks are checked when it is opened, and read one after the other; between two blocks, other work of
 * the process continues.
 */
export class SegmentReader {
  readonly #bytes: Uint8Array;
  readonly #blocks: readonly (BlockHeader & { readonly at: number })[];
  /** What the segment holds within the span. */
  readonly about: LoadedSegment;
  /** The columns that its rows use. */
  readonly used: UsedColumns;

  private constructor(bytes: Uint8Array, span: Span | undefined) {
    this.#bytes = bytes;
    const damaged: DamagedPart[] = [];
    const all = [...blocksOf(bytes, part => damaged.push(part))];
    this.#blocks = all.filter(
      ({ rows, minTime, maxTime }) => rows > 0 && (span === undefined || (maxTime >= span.from && minTime <= span.to)),
    );
    const used = new Set<ColumnName>(['kind', 'time']);
    for (const { at } of this.#blocks) noteUsed(bytes, at, used);
    this.used = used;
    const last = all.at(-1);
    this.about = {
      rows: this.#blocks.reduce((sum, { rows }) => sum + rows, 0),
      minTime: Math.min(...this.#blocks.map(({ minTime }) => minTime)),
      maxTime: Math.max(...this.#blocks.map(({ maxTime }) => maxTime)),
      gaps: false,
      open: false,
      firstTime: all[0]?.minTime,
      lastTime: last?.maxTime,
      stopped: last?.last ?? false,
      damaged,
    };
  }

  static async open(path: string, span?: Span): Promise<SegmentReader> {
    return new SegmentReader(await readFile(path), span);
  }

  /** Calls a function with each block, which is overwritten afterwards. */
  async read(use: (block: Block) => void): Promise<void> {
    const block = new Block();
    for (const { at } of this.#blocks) {
      decodeBlock(this.#bytes, at, block);
      const kinds = block.columns.kind.subarray(0, block.rows);
      this.about.gaps ||= kinds.includes(GAP_KIND);
      this.about.open ||= kinds.some(kind => kind !== END_KIND && kind !== GAP_KIND);
      use(block);
      await setImmediate();
    }
  }
}
