import type { Filter } from '@conntrack/filter';
import type { Flow, FlowChange, FlowCursor, FlowRef, NewFlow } from '@conntrack/flow';
import type { SourceInfo, TableCapabilities, TableFlushScope } from '@conntrack/flow/table';
import type { CpuStats, Dropped } from '@conntrack/netlink';
import type { LocalEventOptions, LocalTableEvents } from './events.js';
import type { ExpectationSource } from './expectations.js';
import type { TableFacts } from './facts.js';
import type { Recorded } from './recorded.js';
import type { RowBatch } from './rows.js';

/** What a scan is for. */
export interface ScanOptions {
  /** A hint: rows that do not match may be left out, and matching ones never are. The caller checks again. */
  filter?: Filter;
  signal?: AbortSignal;
}

/** One request's outcome in a batch of changes. `skipped` is the reason that a {@link Check} gave. */
export type ChangeOutcome = 'changed' | 'gone' | { skipped: string } | { failed: Error };

/** Looks at an entry just before it is changed. What it answers is the reason why the entry is left alone. */
export type Check<Ref extends FlowRef = FlowRef> = (now: FlowCursor, ref: Ref) => string | undefined;

/**
 * A source of entries: the kernel, memory or a capture. It knows how to reach entries; all rules (what may be changed, how many,
 * in which order things are listed) are `ConntrackTable`'s.
 */
export interface TableSource {
  readonly info: SourceInfo;
  capabilities(signal?: AbortSignal): Promise<TableCapabilities>;
  /** How many entries there are, where the source knows without a scan. */
  size?(signal?: AbortSignal): Promise<number>;
  /**
   * What the entries carry of what is needed, for sources where that is seen in the entries alone. `capabilities` says what is recorded elsewhere.
   * A source without entries has everything.
   */
  recorded?(needs: Recorded, signal?: AbortSignal): Promise<Recorded>;
  /** Every entry that may match, once, with back-pressure. A batch is good until the next is asked for. Leaving the loop ends the scan. */
  scan(options: ScanOptions): AsyncIterable<RowBatch>;
  /** One look-up by tuple; `undefined` when there is none. The id is not compared. A source that knows the answer within the call gives it without a promise. */
  get(ref: FlowRef, signal?: AbortSignal): Flow | undefined | Promise<Flow | undefined>;
  /** Many look-ups by tuple, answered in order. Where there is this, events carry part of their entry; without it, all of it. */
  getMany?(refs: readonly FlowRef[], signal?: AbortSignal): Promise<(Flow | undefined)[]>;
  /** Answers what the source dropped of the flow, where that only shows afterwards. */
  create(flow: NewFlow, signal?: AbortSignal): Promise<readonly Dropped[]>;
  /** Refuses a change that the source would not make of any entry. */
  checkChange?(change: FlowChange): Promise<void>;
  /** Refuses a change of this entry that would not be made, beside what {@link checkChange} refuses. */
  checkUpdate?(ref: FlowRef, change: FlowChange, signal?: AbortSignal): Promise<void>;
  /** Refuses a flow that would not be made, as far as that shows before. Whether its tuple is free is another question. */
  checkCreate?(flow: NewFlow): Promise<void>;
  update(ref: FlowRef, change: FlowChange, signal?: AbortSignal): Promise<void>;
  /** Deletes the connection that is meant: one with another id or, where `ref` has it, another reply tuple is FLOW_NOT_FOUND or FLOW_REPLACED. */
  delete(ref: FlowRef, signal?: AbortSignal): Promise<void>;
  /**
   * Outcomes in the order of `refs`, which are taken as they are needed. The signal stops between two batches, after the outcomes of all that was sent.
   * `check` is called with each entry just before its request.
   */
  deleteMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterable<ChangeOutcome>;
  /** Changes many entries, likewise. */
  updateMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    change: FlowChange,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterable<ChangeOutcome>;
  flush(scope: TableFlushScope, signal?: AbortSignal): Promise<void>;
  /** Whether {@link flush} honours the conditions of a scope, for sources that cannot know without trying; all others do. */
  flushes?(scope: TableFlushScope): Promise<boolean>;
  /** Counters of each CPU since boot, where the source has them. */
  stats?(signal?: AbortSignal): Promise<CpuStats[]>;
  /** What happens from now on, where the source can tell; the subscription stands when this resolves. */
  events?(options: LocalEventOptions): Promise<LocalTableEvents>;
  /** The expectation table, where there is one. */
  readonly expectations?: ExpectationSource;
  /** All that there is to know of a kernel's table. */
  facts?(signal?: AbortSignal): Promise<TableFacts>;
  close(): void;
}
