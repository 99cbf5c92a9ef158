import { allOf, type FieldName, type Filter, fieldsOf } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import {
  EVENT_TYPES,
  type Flow,
  type FlowChange,
  type FlowCursor,
  FlowObjectCursor,
  type FlowRef,
  type NewFlow,
  refOf,
  sameConnection,
} from '@conntrack/flow';
import { callback, type OptionRules } from '@conntrack/flow/checks';
import {
  type IndexMeta,
  type IndexState,
  type SourceInfo,
  type TableCapabilities,
  TableError,
  type TableFlushScope,
} from '@conntrack/flow/table';
import type { Dropped } from '@conntrack/netlink';
import { oneFilter } from '../../option-rules.js';
import type { LocalEventOptions, LocalTableEvents } from '../events.js';
import { checkAvailable, checkEntryFilter } from '../requirements.js';
import type { RowBatch } from '../rows.js';
import type { ChangeOutcome, Check, ScanOptions, SortedOptions, SortedRows, TableSource } from '../source.js';

/** The limits of a view of a table. */
export interface ViewOptions {
  /** The flows of the view. It neither sees nor changes any other flow. */
  filter?: Filter;
  /**
   * Called before each scan. It may wait, and it throws or rejects if no more scans are allowed. The function that it returns is called
   * after the scan.
   */
  admit?: (signal?: AbortSignal) => (() => void) | Promise<() => void>;
}
export const VIEW_RULES: OptionRules<ViewOptions> = { filter: oneFilter, admit: callback };

/** The fields of a filter that each part of a change can alter. */
export const ALTERED: Readonly<Record<keyof FlowChange, readonly FieldName[]>> = {
  mark: ['mark'],
  markMask: ['mark'],
  timeout: ['timeout'],
  status: ['status', 'assured', 'unreplied', 'offload'],
  labels: ['label'],
  labelsMask: ['label'],
  helper: ['helper'],
  state: ['state'],
};

const outside = (what: string): TableError => new TableError('OUTSIDE', `${what} is outside the filter of this caller`);

/**
 * A source limited to some of its flows, for a caller with limited rights. Every operation is limited, because the view is the caller's
 * only access to the source. A flow outside does not exist for it; creating a flow outside, or moving one out, throws OUTSIDE.
 */
export class ViewSource implements TableSource {
  readonly info: SourceInfo;
  readonly #source: TableSource;
  readonly #filter: Filter | undefined;
  readonly #allowed: ((cursor: FlowCursor) => boolean) | undefined;
  readonly #admit: ViewOptions['admit'];
  readonly #reads: ReadonlySet<FieldName>;
  // Optional methods exist only if the source has them, and never if they would show flows outside of the view.
  readonly stats?: NonNullable<TableSource['stats']>;
  readonly facts?: NonNullable<TableSource['facts']>;
  readonly size?: NonNullable<TableSource['size']>;
  readonly recorded?: NonNullable<TableSource['recorded']>;
  readonly expectations?: NonNullable<TableSource['expectations']>;
  readonly indexState?: () => IndexState | IndexMeta;
  readonly sorted?: NonNullable<TableSource['sorted']>;
  readonly events?: (options: LocalEventOptions) => Promise<LocalTableEvents>;
  readonly getMany?: NonNullable<TableSource['getMany']>;
  readonly row?: NonNullable<TableSource['row']>;

  constructor(source: TableSource, { filter, admit }: ViewOptions) {
    checkEntryFilter('the filter of the view', filter);
    this.info = source.info;
    this.#source = source;
    this.#filter = filter;
    this.#allowed = filter && compileFilter(filter);
    this.#admit = admit;
    this.#reads = new Set(filter && fieldsOf(filter));
    if (source.indexState)
      this.indexState = () => (filter === undefined ? source.indexState!() : metaOf(source.indexState!()));
    if (source.sorted) this.sorted = options => this.#sorted(options);
    if (source.events) this.events = options => this.#events(options);
    if (source.getMany)
      this.getMany = async (refs, signal) => (await source.getMany!(refs, signal)).map(flow => this.#visible(flow));
    // A filter over flows cannot be applied to expectations.
    if (source.expectations && filter === undefined) this.expectations = source.expectations;
    if (source.size && filter === undefined) this.size = signal => source.size!(signal);
    if (source.recorded) this.recorded = (needs, signal) => source.recorded!(needs, signal);
    if (source.row)
      this.row = (ref, signal) => {
        const row = source.row!(ref, signal);
        return row !== undefined && (this.#allowed === undefined || this.#allowed(row)) ? row : undefined;
      };
    if (source.stats) this.stats = signal => this.#whole('the statistics of the whole table').stats!(signal);
    if (source.facts) this.facts = signal => this.#whole('the state of the whole table').facts!(signal);
  }

  async capabilities(signal?: AbortSignal): Promise<TableCapabilities> {
    const capabilities = await this.#source.capabilities(signal);
    if (this.#filter === undefined) return capabilities;
    const { count: _, max: __, index: ___, ...rest } = capabilities;
    return { ...rest, notes: [] };
  }

  async *scan({ filter, ...options }: ScanOptions): AsyncGenerator<RowBatch> {
    const release = await this.#admit?.(options.signal);
    const allowed = this.#allowed;
    try {
      const scan = this.#source.scan({ ...options, ...this.#narrowed(filter) });
      if (allowed === undefined) yield* scan;
      else for await (const rows of scan) yield { ...bound(rows), cursor: () => rows.cursor().only(allowed) };
    } finally {
      release?.();
    }
  }

  /** Adds the filter of the view to another one. */
  #narrowed(filter: Filter | undefined): { filter?: Filter } {
    const terms = [this.#filter, filter].filter(term => term !== undefined);
    return terms.length > 0 ? { filter: allOf(terms) } : {};
  }

  async #sorted({ filter, ...options }: SortedOptions): Promise<SortedRows | undefined> {
    const release = await this.#admit?.(options.signal);
    try {
      // A sorted view has only rows that match its filter.
      return await this.#source.sorted!({ ...options, ...this.#narrowed(filter) });
    } finally {
      release?.();
    }
  }

  get(ref: FlowRef, signal?: AbortSignal): Flow | undefined | Promise<Flow | undefined> {
    const flow = this.#source.get(ref, signal);
    return flow instanceof Promise ? flow.then(found => this.#visible(found)) : this.#visible(flow);
  }

  async create(flow: NewFlow, signal?: AbortSignal): Promise<readonly Dropped[]> {
    await this.#checkInside(flow);
    const dropped = await this.#source.create(flow, signal);
    if (this.#allowed === undefined) return dropped;
    // The kernel may have chosen an address or port from a range.
    const made = await this.#source.get(flow, signal);
    if (made === undefined || this.#holds(made)) return dropped;
    await this.#source.delete(refOf(made), signal);
    throw outside('this flow, as the table created it,');
  }

  async checkCreate(flow: NewFlow): Promise<void> {
    await this.#source.checkCreate?.(flow);
    await this.#checkInside(flow);
  }

  async checkChange(change: FlowChange): Promise<void> {
    await this.#source.checkChange?.(change);
  }

  async checkUpdate(ref: FlowRef, change: FlowChange, signal?: AbortSignal): Promise<void> {
    await this.#source.checkUpdate?.(ref, change, signal);
    if (this.#allowed === undefined) return;
    const flow = await this.#own(ref, signal);
    if (!this.#canMove(change)) return;
    const { MemorySource } = await import('../memory/memory-source.js');
    const memory = new MemorySource([flow]);
    await memory.update(flow, change);
    if (!this.#holds(memory.get(flow)!)) throw outside('this flow, after the change,');
  }

  async update(ref: FlowRef, change: FlowChange, signal?: AbortSignal): Promise<void> {
    await this.checkUpdate(ref, change, signal);
    await this.#source.update(ref, change, signal);
  }

  async delete(ref: FlowRef, signal?: AbortSignal): Promise<void> {
    if (this.#allowed !== undefined) await this.#own(ref, signal);
    await this.#source.delete(ref, signal);
  }

  /** The references are those of rows that this view returned. */
  deleteMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterable<ChangeOutcome> {
    return this.#source.deleteMany(refs, signal, this.#within(check));
  }

  updateMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    change: FlowChange,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterable<ChangeOutcome> {
    return this.#canMove(change)
      ? this.#updateEach(refs, change, signal, check)
      : this.#source.updateMany(refs, change, signal, this.#within(check));
  }

  async flushes(scope: TableFlushScope): Promise<boolean> {
    return (await this.#whole('a flush').flushes?.(scope)) ?? true;
  }

  async flush(scope: TableFlushScope, signal?: AbortSignal): Promise<void> {
    await this.#whole('a flush').flush(scope, signal);
  }

  /** Does nothing: the source does not belong to the view. */
  close(): void {}

  #whole(what: string): TableSource {
    if (this.#filter !== undefined) throw outside(what);
    return this.#source;
  }

  /** Adds to a check whether the entry still belongs to the view. */
  #within<Ref extends FlowRef>(check: Check<Ref> | undefined): Check<Ref> | undefined {
    const allowed = this.#allowed;
    if (check === undefined || allowed === undefined) return check;
    return (now, ref) => check(now, ref) ?? (allowed(now) ? undefined : 'changed (now outside this view)');
  }

  /** Refuses to create a flow outside of the view. */
  async #checkInside(flow: NewFlow): Promise<void> {
    if (this.#allowed !== undefined && !this.#holds(await likely(flow))) throw outside('this flow');
  }

  #holds(flow: Flow): boolean {
    return this.#allowed === undefined || this.#allowed(new FlowObjectCursor(flow));
  }

  /** Returns the flow if there is one and it belongs to the view. */
  #visible(flow: Flow | undefined): Flow | undefined {
    return flow !== undefined && this.#holds(flow) ? flow : undefined;
  }

  async #events({ filter, ...options }: LocalEventOptions): Promise<LocalTableEvents> {
    const narrowed = { ...options, ...this.#narrowed(filter) };
    await checkAvailable(this.#source, { ...narrowed, events: options.types ?? EVENT_TYPES });
    return this.#source.events!(narrowed);
  }

  /** Whether a change can move a flow out of the filter at all. */
  #canMove(change: FlowChange): boolean {
    return Object.keys(change).some(part => ALTERED[part as keyof FlowChange].some(field => this.#reads.has(field)));
  }

  /** Makes updates one by one, with a look-up before each: rarely needed, and slower than a batch. */
  async *#updateEach<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    change: FlowChange,
    signal: AbortSignal | undefined,
    check: Check<Ref> | undefined,
  ): AsyncGenerator<ChangeOutcome> {
    for (const ref of refs) {
      signal?.throwIfAborted();
      try {
        const now = new FlowObjectCursor(await this.#own(ref, signal));
        // If id or reply tuple show a successor, the update refuses it.
        const skipped = sameConnection(now, ref) ? check?.(now, ref) : undefined;
        if (skipped !== undefined) {
          yield { skipped };
          continue;
        }
        await this.update(ref, change, signal);
        yield 'changed';
      } catch (error) {
        const { code } = error as TableError;
        yield code === 'FLOW_NOT_FOUND' || code === 'FLOW_REPLACED' ? 'gone' : { failed: error as Error };
      }
    }
  }

  /** Returns the flow if it belongs to the view. */
  async #own(ref: FlowRef, signal: AbortSignal | undefined): Promise<Flow> {
    const flow = await this.get(ref, signal);
    if (flow === undefined) throw new TableError('FLOW_NOT_FOUND', 'no entry has this tuple');
    return flow;
  }
}

const metaOf = ({ state, asOf, gaps }: IndexState | IndexMeta): IndexMeta => ({
  state,
  ...(asOf !== undefined && { asOf }),
  gaps,
});

const bound = (rows: RowBatch): Pick<RowBatch, 'isRepeated'> =>
  rows.isRepeated ? { isRepeated: rows.isRepeated.bind(rows) } : {};

/** Returns the flow that a creation would make, as a table in memory makes it. */
async function likely(flow: NewFlow): Promise<Flow> {
  const { MemorySource } = await import('../memory/memory-source.js');
  const memory = new MemorySource();
  await memory.create(flow);
  return memory.get(flow)!;
}
