import type { Family, FlowRef, Tuple } from '@conntrack/flow';

/** What the kernel is asked to filter by in one dump. */
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

/** How the table is read for a filter, and why: by look-ups, by one or several filtered dumps, or by walking everything. */
export type ReadPlan =
  | { kind: 'lookup'; refs: readonly FlowRef[]; why: string }
  | { kind: 'dumps'; filters: readonly DumpFilter[]; why: string }
  | { kind: 'scan'; why: string };
