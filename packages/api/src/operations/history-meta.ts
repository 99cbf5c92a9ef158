import type { Certainty, TimeRange } from '@conntrack/flow/table';
import type { LocalTable } from '@conntrack/table';
import type { PastTable } from '../server/served-history.js';

const timeText = (milliseconds: number): string =>
  Number.isFinite(milliseconds) ? new Date(Math.min(8.64e15, Math.max(0, milliseconds))).toISOString() : '';

/** A span of time as JSON. */
export const rangeJson = ({ from, to }: TimeRange): { from: string; to: string } => ({
  from: timeText(from),
  to: timeText(to),
});

/** What an answer about the past leaves open, as JSON. */
export const openJson = ({ gaps, skipped }: Certainty): object => ({
  gaps: gaps.map(({ from, to, ...gap }) => ({ ...rangeJson({ from, to }), ...gap })),
  skipped: skipped.map(({ file, reason }) => ({ file: file.slice(file.lastIndexOf('/') + 1), reason })),
});

/** What a streamed list leaves open, for its end. Empty for a list of the present. */
export const openIn = (table: LocalTable): { past?: object } =>
  'certainty' in table ? { past: openJson((table as PastTable).certainty) } : {};
