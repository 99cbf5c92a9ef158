import type { FlowChange, NewFlow, Tuple } from '@conntrack/flow';
import type { FilterInput } from './filter-text.js';
import type { KeyInput } from './parameters.js';

/** Options of all calls. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** Options of calls that change something. */
export interface ChangeCallOptions extends CallOptions {
  /**
   * A text that is unique for each change. If the response was lost, repeat the call with the same key: it gets the
   * first response, and the change is not made again. The server remembers a key for ten minutes.
   */
  idempotencyKey?: string;
}

/** Options of the execution of a plan. */
export interface ExecuteCallOptions extends ChangeCallOptions {
  /** The id of the request in the server's log. Default: the server makes one. */
  requestId?: string;
}

/** Options of calls that read flows. */
export interface ReadOptions extends CallOptions {
  /** Read the kernel's table even if the server has a current index of it. Default: false. */
  fresh?: boolean;
}

/** Options of lists. */
export interface ListOptions extends ReadOptions {
  /** Maximum number of flows. Default: all, or 100 for a page. */
  limit?: number;
  /** Fields to sort by, `-` for descending order: `-bytes,src`. A list (not a page) also needs a `limit`. */
  sort?: string | readonly string[];
  /** Only these members of each flow. */
  fields?: readonly string[];
  /**
   * Fields that you read from the flows, by the filter's names: `['rate', 'first-seen']`. Flows then have `rate` and
   * `firstSeen`, which only an index of the server knows, and their counters are current. Fields of the filter, of `sort`
   * and of `fields` need not be listed.
   */
  reads?: readonly string[];
  /**
   * Return a position from which a watch with the same filter misses nothing. The server then listens to events for a
   * while. Needs the scope `flows:watch`.
   */
  position?: boolean;
}

/** The formats in which a server writes a list as text. */
export type TextFormat = 'plain' | 'extended' | 'csv' | 'xml';

/** Options of lists as text. */
export interface TextOptions extends CallOptions, Pick<ListOptions, 'limit' | 'fields'> {
  /** `plain` and `extended` are the lines of conntrack(8). Only `csv` supports `fields`. */
  format: TextFormat;
}

/** Options of a page. */
export interface PageOptions extends ListOptions {
  /** The `next` of the previous page. A page has a `cursor` or an `offset`. */
  cursor?: string;
  /**
   * Number of flows of the sorted list before the first item. Long lists need an index on the server (`--index`), which
   * keeps the order for some seconds; without it, `offset` + `limit` can be at most 10,000.
   */
  offset?: number;
}

/** Options of bulk changes. */
export interface BulkOptions extends ChangeCallOptions {
  /** Maximum number of flows to change. If more match, nothing is changed. Default: 1,000. */
  maxAffected?: number;
  /** The number of flows that the change must affect. If the number is different, nothing is changed. */
  expect?: number;
  /** Look up each flow again just before it is changed, and skip it if another connection replaced it. */
  strict?: boolean;
  /** Change nothing. The result shows what would be changed, with a plan. */
  dryRun?: boolean;
}

/** Options of a flush. Without family, zone and mark, the whole table is flushed. */
export interface FlushOptions extends ChangeCallOptions {
  /** The number of flows that must exist. If the number is different, nothing is flushed. */
  expect?: number;
  family?: 'ipv4' | 'ipv6';
  zone?: number;
  mark?: number;
  markMask?: number;
}

/** The exact tuple of a packet. */
export interface LookupTuple extends Tuple {
  proto: string | number;
  /** The direction of the packet. `reply`: the tuple is that of a reply packet as it arrives at the server's host. */
  dir?: 'original' | 'reply';
  zone?: number;
}

/** Options of filter completion. `position` is the cursor's position in characters; default: the end. */
export interface CompleteOptions extends CallOptions {
  position?: number;
  syntax?: 'query' | 'expression';
}

/** An entry to create. The protocol is a name or a number. The family follows from the addresses. */
export type NewFlowInput = Omit<NewFlow, 'family' | 'protonum'> &
  Partial<Pick<NewFlow, 'family' | 'protonum'>> & { protocol?: string };

/**
 * A change of one flow. An upsert creates the flow or, if the connection exists, sets its timeout and the given mark,
 * status, labels and state.
 */
export type ListedChangeInput =
  | { op: 'delete'; key: KeyInput }
  | { op: 'update'; key: KeyInput; change: FlowChange }
  | { op: 'create' | 'upsert'; flow: NewFlowInput };

/** Options of a list of changes. */
export interface ChangesOptions extends ChangeCallOptions {
  /** Change nothing. The outcomes show what would happen. */
  dryRun?: boolean;
}

/** Options of a snapshot. */
export interface SnapshotOptions extends CallOptions {
  /** `ndjson` (default) contains all fields. `save` has the lines that `conntrack -R` reads. */
  format?: 'ndjson' | 'save';
}

/** Options of a restore. */
export interface RestoreOptions extends ChangeCallOptions {
  /** Create nothing. The result counts the entries that would be created. */
  dryRun?: boolean;
  /** Skip invalid lines. Default: the first one ends the restore. */
  skipBadLines?: boolean;
}

/** Options of a plan. */
export interface PlanOptions extends ChangeCallOptions {
  /** Maximum number of flows. If more match, the plan is refused. Default: 1,000. */
  maxAffected?: number;
  /** The number of flows that the change must affect. If the number is different, the plan is refused. */
  expect?: number;
  /** Allowed difference from `expect`. Default: 0. */
  tolerance?: number;
  /** Look up each flow again just before it is changed, and skip it if another connection replaced it. */
  strict?: boolean;
}

/** Options of a drain or a reconciliation. */
export interface PlannedOptions extends PlanOptions {
  /** Change nothing. The result shows what would be changed, with a plan. */
  dryRun?: boolean;
}

/** Options of top groups. */
export interface TopOptions extends ReadOptions {
  /**
   * The fields to group by: `src`, `src,dport`, `state` … Addresses can be grouped by prefix: `src/24` groups IPv4 by
   * /24 and IPv6 by /64, `src/56` only IPv6, `src/24/56` sets both.
   */
  by: string | readonly string[];
  /** The fields whose distinct values are counted in each group, written like `by`. */
  distinct?: string | readonly string[];
  /**
   * What groups are ranked by. Bytes, packets and rate (bytes a second, which only an index of the server knows) count
   * both directions. Default: `distinct` if distinct values are
   * counted, otherwise `flows`.
   */
  metric?: 'flows' | 'bytes' | 'packets' | 'rate' | 'distinct';
  /** Maximum number of groups. Default: 20. */
  k?: number;
}

/** Options of an overview. */
export interface OverviewOptions extends ReadOptions {
  /** Maximum number of flows. Default: 100; maximum: 10,000. */
  limit?: number;
  /**
   * Number of flows of the sorted list before the first item. Long lists need an index on the server (`--index`), which
   * keeps the order for some seconds; without it, `offset` + `limit` can be at most 10,000.
   */
  offset?: number;
  /** Fields to sort by, `-` for descending order: `-bytes,src`. */
  sort?: string | readonly string[];
  /** Only these members of each flow. */
  fields?: readonly string[];
  /**
   * Fields that you read from the flows, by the filter's names: `['rate', 'first-seen']`. Flows then have `rate` and
   * `firstSeen`, which only an index of the server knows, and their counters are current. Fields of the filter, of `sort`
   * and of `fields` need not be listed.
   */
  reads?: readonly string[];
  /** The rankings of groups. At most 8. */
  groups?: readonly Omit<TopOptions, keyof ReadOptions>[];
  /** Filters by name. Each counts the flows that match it and the filter of the overview. At most 32. */
  counts?: Readonly<Record<string, FilterInput>>;
}

/** Options of the checks. */
export interface DoctorOptions extends CallOptions {
  /** Milliseconds between two looks at the kernel's counters, at most 10,000. 0: one look. Default: 1000. */
  interval?: number;
}

/** Selects expectations. All given conditions must match. */
export interface ExpectationOptions extends CallOptions {
  family?: 'ipv4' | 'ipv6';
  proto?: string | number;
  src?: string;
  dst?: string;
  dport?: number;
  'master.src'?: string;
  'master.dst'?: string;
  helper?: string;
  zone?: number;
  limit?: number;
}
