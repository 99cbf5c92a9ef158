import type { Filter } from '@conntrack/filter';
import type { Flow, FlowChange, FlowCursor, FlowRef, NewFlow } from '@conntrack/flow';
import type { IndexMeta, IndexState, SourceInfo, TableCapabilities, TableFlushScope } from '@conntrack/flow/table';
import type { Measured } from '@conntrack/index';
import type { CpuStats, Dropped } from '@conntrack/netlink';
import type { SortTerm } from '../table-options.js';
import type { LocalEventOptions, LocalTableEvents } from './events.js';
import type { ExpectationSource } from './expectations.js';
import type { TableFacts } from './facts.js';
import type { Recorded } from './recorded.js';
import type { RowBatch, RowCursor } from './rows.js';

/** Options of a scan. */
export interface ScanOptions {
  /** A hint: rows that do not match may be left out; matching rows never are. The caller checks them again. */
  filter?: Filter;
  signal?: AbortSignal;
  /**
   * Whether the rows may come from a copy of the table, if the source has a current one (an index). Never set it for a scan that leads to
   * a change. Default: false.
   */
  copy?: boolean;
  /** Whether a copy must have current values of the fields that events do not keep current: counters, timeouts, start. Default: if the filter reads one. */
  current?: boolean;
  /**
   * What is read of the rows that only an index knows. The rows then come from the index, and their flows have it. A source whose index is
   * not current throws FIELD_UNAVAILABLE.
   */
  measured?: Measured;
}

/** Options of a sorted view. */
export interface SortedOptions extends Pick<ScanOptions, 'filter' | 'signal' | 'current' | 'measured'> {
  sort: readonly SortTerm[];
}

/** The rows that match a filter, in an order. */
export interface SortedRows {
  /** Number of rows that match, and number of rows that were compared with the filter. */
  readonly matched: number;
  readonly scanned: number;
  /**
   * Returns a cursor over the rows from one place in the order to another. Rows whose flow ended or stopped matching since the view was
   * made are skipped. Read the cursor in the same turn of the event loop.
   */
  cursor(from: number, end: number): RowCursor;
}

/** The outcome of one request in a batch of changes. `skipped` has the reason that a {@link Check} returned. */
export type ChangeOutcome = 'changed' | 'gone' | { skipped: string } | { failed: Error };

/** Looks at an entry just before it is changed. Returns a reason to skip the entry, or `undefined`. */
export type Check<Ref extends FlowRef = FlowRef> = (now: FlowCursor, ref: Ref) => string | undefined;

/**
 * A source of entries: the kernel, memory or a capture. It gives access to entries. All rules (what may be changed, how many, in which
 * order) belong to `ConntrackTable`.
 */
export interface TableSource {
  /** Describes the source. */
  readonly info: SourceInfo;
  /** Returns what the source records and supports. */
  capabilities(signal?: AbortSignal): Promise<TableCapabilities>;
  /** Whether the entries come from events, so that a filter can read the type of the event. Default: false. */
  readonly hasEvents?: boolean;
  /** Returns the state of the source's index, if it has one. */
  indexState?(): IndexState | IndexMeta;
  /** Returns the number of entries, if the source knows it without a scan. */
  size?(signal?: AbortSignal): Promise<number>;
  /**
   * Returns which of the needed fields the entries carry, for sources where only the entries show it. Other sources say it in
   * `capabilities`. A source without entries has everything.
   */
  recorded?(needs: Recorded, signal?: AbortSignal): Promise<Recorded>;
  /**
   * Yields every entry that may match, once, with back-pressure. A batch is valid until the next one is requested. Leaving the loop ends
   * the scan.
   */
  scan(options: ScanOptions): AsyncIterable<RowBatch>;
  /** Returns a sorted view of the matching rows, if the source has a current index. The view may be some seconds old. */
  sorted?(options: SortedOptions): Promise<SortedRows | undefined>;
  /** Looks up one tuple; returns `undefined` if there is none. The id is not compared. A source that answers synchronously returns no promise. */
  get(ref: FlowRef, signal?: AbortSignal): Flow | undefined | Promise<Flow | undefined>;
  /**
   * Looks up one tuple as {@link get} does, in a source that answers synchronously. Returns a cursor on the row, valid until the next
   * request.
   */
  row?(ref: FlowRef, signal?: AbortSignal): RowCursor | undefined;
  /**
   * Looks up many tuples, and returns the flows in order. If a source has this method, its events carry only part of their entry; otherwise
   * they carry all of it.
   */
  getMany?(refs: readonly FlowRef[], signal?: AbortSignal): Promise<(Flow | undefined)[]>;
  /** Creates an entry. Returns what the source dropped of the flow, if that shows only afterwards. */
  create(flow: NewFlow, signal?: AbortSignal): Promise<readonly Dropped[]>;
  /** Refuses a change that the source would not make to any entry. */
  checkChange?(change: FlowChange): Promise<void>;
  /** Refuses a change of this entry that would not be made, in addition to what {@link checkChange} refuses. */
  checkUpdate?(ref: FlowRef, change: FlowChange, signal?: AbortSignal): Promise<void>;
  /** Refuses a flow that would not be created, as far as that is known in advance. Does not check whether its tuple is free. */
  checkCreate?(flow: NewFlow): Promise<void>;
  update(ref: FlowRef, change: FlowChange, signal?: AbortSignal): Promise<void>;
  /**
   * Deletes the referenced connection. If the entry has another id or (if `ref` has it) another reply tuple, throws FLOW_NOT_FOUND or
   * FLOW_REPLACED.
   */
  delete(ref: FlowRef, signal?: AbortSignal): Promise<void>;
  /**
   * Deletes many entries. Yields outcomes in the order of `refs`, which are read as needed. The signal stops between two batches, after the
   * outcomes of everything that was sent. `check` is called with each entry just before its request.
   */
  deleteMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterable<ChangeOutcome>;
  /** Changes many entries, with the rules of {@link deleteMany}. */
  updateMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    change: FlowChange,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterable<ChangeOutcome>;
  flush(scope: TableFlushScope, signal?: AbortSignal): Promise<void>;
  /** Whether {@link flush} applies the conditions of a scope. For sources that must try it; all others always do. */
  flushes?(scope: TableFlushScope): Promise<boolean>;
  /** Returns the counters of each CPU since boot, if the source has them. */
  stats?(signal?: AbortSignal): Promise<CpuStats[]>;
  /** Subscribes to events from now on, if the source has events. The subscription is active when this resolves. */
  events?(options: LocalEventOptions): Promise<LocalTableEvents>;
  /** The expectation table, if there is one. */
  readonly expectations?: ExpectationSource;
  /** Returns all facts about a kernel's table. */
  facts?(signal?: AbortSignal): Promise<TableFacts>;
  /** Frees what the source holds. */
  close(): void;
}
