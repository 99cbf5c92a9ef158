import type { FlowCursor } from '@conntrack/flow';
import type { TableSource } from '../source/source.js';
/** What every change needs from its table. */
export interface ChangeContext {
  readonly source: TableSource;
  readonly exclusions: readonly Exclusion[];
  /** For a flush: a filter that matches every flow is intended. */
  readonly whole?: true;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Flows that a change skips, and the reason that its result gives. */
export interface Exclusion {
  readonly reason: string;
  readonly test: (cursor: FlowCursor) => boolean;
}

/** Adds the flows that one call skips to the exclusions. */
export const withSkipped = (
  exclusions: readonly Exclusion[],
  skip: Exclusion['test'] | undefined,
): readonly Exclusion[] =>
  skip === undefined ? exclusions : [...exclusions, { reason: 'excluded by this call', test: skip }];
