import type { Flow } from '@conntrack/flow';

/** What rows are ranked by. The first five are sums of counters; `expires` and `age` exist for single flows only, `flows` and `unreplied` for groups only. */
export type SortKey = 'rate' | 'bytes' | 'packet-rate' | 'packets' | 'flows' | 'unreplied' | 'expires' | 'age';

/** What a refresh reads: which flows, as single flows or as groups, in which order. */
export interface Question {
  /** Name of a grouping; `undefined` for single flows. */
  readonly group: string | undefined;
  readonly sort: SortKey;
  /** Whether the smallest comes first. */
  readonly reversed: boolean;
  /** Maximum number of rows. */
  readonly limit: number;
}

/** Numbers of a flow or a group. −1 is unknown. */
export interface Numbers {
  readonly bytes: number;
  readonly packets: number;
  /** Bytes a second. */
  readonly rate: number;
  /** Packets a second. */
  readonly packetRate: number;
}

/** A flow on the screen. */
export interface FlowRow extends Numbers {
  readonly kind: 'flow';
  /** Identifies the row from one refresh to the next. */
  readonly key: string;
  readonly flow: Flow;
}

/** A group on the screen. */
export interface GroupRow extends Numbers {
  readonly kind: 'group';
  readonly key: string;
  readonly text: string;
  /** A filter expression that matches the group; `undefined` if there is none. */
  readonly filter: string | undefined;
  /** Whether {@link filter} contains the filter of the view, as that of a server does. */
  readonly isWhole: boolean;
  /** Number of flows; −1 is unknown. */
  readonly flows: number;
  /** Flows whose bytes and packets are known. */
  readonly counted: number;
  /** Flows whose rates are known. */
  readonly rated: number;
  /** Flows in which only one side has sent; −1 is unknown. */
  readonly unreplied: number;
}

export type Row = FlowRow | GroupRow;

/** What a refresh found. */
export interface Snapshot {
  readonly question: Question;
  readonly rows: readonly Row[];
  /** Flows that match the filter. */
  readonly matched: number;
  /** Number of groups; `undefined` for single flows. */
  readonly groups: number | undefined;
  /** What the ranking does not cover, in a few words; absent if it covers everything. */
  readonly limits?: string;
}
