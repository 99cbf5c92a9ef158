import { ALL, allOf, type Filter } from '@conntrack/filter';
import type { Certainty, Page, Top } from '@conntrack/flow/table';
import {
  ConntrackTable,
  type ListOptions,
  type PageOptions,
  type ReadOptions,
  type RowCursor,
  type SortTerm,
  type TopOptions,
  type ViewOptions,
} from '@conntrack/table';
import type { Answering } from './answering.js';
import { Parameters } from './parameters.js';
import { HistorySource } from './source.js';
import { topOf } from './top.js';
import { Condition, checkPast } from './where.js';

type Admit = NonNullable<ViewOptions['admit']>;

/** Rows of the past can be equal in a field and in their id: these terms tell them apart, so that no page skips one. */
const TIE_BREAKERS: readonly SortTerm[] = ['stop', 'src', 'dst', 'sport', 'dport'].map(field => ({ field }));

/** The newest flows first. */
const NEWEST: readonly SortTerm[] = [{ field: 'stop', descending: true }];

/** The flows of a span of time, as a table that can be read: with lists, pages, counts and rankings. */
export class HistoryTable extends ConntrackTable {
  readonly #answering: Answering;
  readonly #limit: Filter;
  readonly #admit: Admit;

  /**
   * @param limit the flows that the caller may see
   * @param admit called before each question, see `ViewOptions`
   */
  constructor(answering: Answering, limit: Filter = ALL, admit: Admit = () => () => {}) {
    super(new HistorySource(answering, limit, admit));
    this.#answering = answering;
    this.#limit = limit;
    this.#admit = admit;
  }

  /** What the answers so far leave open. */
  get certainty(): Certainty {
    const { gaps, skipped } = this.#answering;
    return { gaps, skipped };
  }

  override view({ filter = ALL, admit = this.#admit }: ViewOptions): HistoryTable {
    return new HistoryTable(this.#answering, allOf([this.#limit, filter]), admit);
  }

  override async count({ filter = ALL, signal }: ReadOptions = {}): Promise<number> {
    await this.checkAvailable({ filter, ...(signal && { signal }) });
    const asked = allOf([this.#limit, filter]);
    return this.#admitted(signal, () =>
      this.#answering.ask({ filter: asked, ...(signal && { signal }) }, async ({ connection }) => {
        const parameters = new Parameters(this.#answering.database);
        const sql = `SELECT count(*) FROM asked WHERE ${new Condition(parameters).of(asked)}`;
        const reader = await connection.runAndReadAll(sql, parameters.values, parameters.types);
        return Number(reader.getRows()[0]![0]);
      }),
    );
  }

  override async top(options: TopOptions): Promise<Top> {
    const { filter = ALL, signal } = options;
    await this.checkAvailable({ filter, ...(signal && { signal }) });
    return this.#admitted(signal, () => topOf(this.#answering, options, this.#limit));
  }

  override async pageOf<Item>(options: PageOptions, item: (cursor: RowCursor) => Item): Promise<Page<Item>> {
    return super.pageOf({ ...options, sort: this.#order(options) }, item);
  }

  async #admitted<Answer>(signal: AbortSignal | undefined, ask: () => Promise<Answer>): Promise<Answer> {
    const leave = await this.#admit(signal);
    try {
      return await ask();
    } finally {
      leave();
    }
  }

  #order({ sort = [] }: ListOptions): SortTerm[] {
    for (const { field } of sort) checkPast(field);
    const terms = sort.length === 0 ? NEWEST : sort;
    return [...terms, ...TIE_BREAKERS.filter(({ field }) => !terms.some(term => term.field === field))];
  }
}
