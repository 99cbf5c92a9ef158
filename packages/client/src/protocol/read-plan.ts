import type { Family, FlowRef, Tuple } from '@conntrack/flow';

/** The filter that the kernel evaluates in one dump. */
export interface DumpFilter {
  family?: Family;
  protonum?: number;
  original?: Partial<Tuple>;
  reply?: Partial<Tuple>;
  mark?: number;
  markMask?: number;
  status?: number;
  statusMask?: number;
  zone?: number;
}

/** How the table is read for a filter, and why: look-ups, one or more filtered dumps, or a scan of all entries. */
export type ReadPlan =
  | { kind: 'lookup'; refs: readonly FlowRef[]; why: string }
  | { kind: 'dumps'; filters: readonly DumpFilter[]; why: string }
  | { kind: 'scan'; why: string };
