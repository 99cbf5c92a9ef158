import { ALL, allOf, type Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { type SourceInfo, type TableCapabilities, TableError } from '@conntrack/flow/table';
import type { ChangeOutcome, RowBatch, ScanOptions, TableSource, ViewOptions } from '@conntrack/table';
import type { Answering } from './answering.js';
import { batchOfChunk, selectList } from './row-cursor.js';

/** What the entries of a source are known to have: see `TableSource.recorded`. */
type Recorded = Awaited<ReturnType<NonNullable<TableSource['recorded']>>>;

/** The flows of a span of time as a source of a table, which gives lists, pages and all formats. */
export class HistorySource implements TableSource {
  readonly info: SourceInfo;
  readonly #answering: Answering;
  readonly #limit: Filter;
  readonly #admit: NonNullable<ViewOptions['admit']>;

  /** @param limit the flows that the caller may see */
  constructor(answering: Answering, limit: Filter, admit: NonNullable<ViewOptions['admit']>) {
    this.#answering = answering;
    this.#limit = limit;
    this.#admit = admit;
    this.info = { kind: 'history', name: `history:${answering.folder}`, writable: false };
  }

  async capabilities(): Promise<TableCapabilities> {
    return { accounting: true, timestamps: true, writable: false, notes: [] };
  }

  /** Whether any row has counters and start times: they are recorded only while their sysctls are 1. Every end has a time. */
  async recorded(_: Recorded): Promise<Recorded> {
    return this.#answering.ask({ filter: this.#limit }, async ({ connection }) => {
      const sql = 'SELECT count(*), count(coalesce(orig_bytes, reply_bytes)), count(start) FROM asked';
      const [rows, counters, starts] = (await connection.runAndReadAll(sql)).getRows()[0]!.map(Number) as [
        number,
        number,
        number,
      ];
      const [counted, timed] = [rows === 0 || counters > 0, rows === 0 || starts > 0];
      return { counters: counted, start: timed, stop: true, age: timed, rates: false, firstSeen: false };
    });
  }

  async *scan({ filter = ALL, signal }: ScanOptions): AsyncGenerator<RowBatch> {
    const asked = allOf([this.#limit, filter]);
    // Checked again, so that an error in the SQL cannot show a flow of another tenant.
    const allowed = this.#limit.kind === 'all' ? undefined : compileFilter(this.#limit);
    const leave = await this.#admit(signal);
    try {
      yield* this.#answering.stream(
        { filter: asked, ...(signal && { signal }) },
        where => `SELECT ${selectList()} FROM asked WHERE ${where}`,
        chunk => {
          const { cursor } = batchOfChunk(chunk);
          return { cursor: allowed === undefined ? cursor : () => cursor().only(allowed) };
        },
      );
    } finally {
      leave();
    }
  }

  get(): Promise<never> {
    throw new TableError('UNSUPPORTED', 'a flow of the past has no key of its own. Ask the history with a filter');
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
    throw new TableError('READ_ONLY', 'the past cannot be changed');
  }
}
