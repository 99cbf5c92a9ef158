// Compares two captures of one table.
import type { CaptureRecord } from '@conntrack/parser/capture';
import type { SeenRecord } from './capture-source.js';

/** In which of two captures a connection is. */
export const DIFFERENCES = ['only first', 'only second', 'both'] as const;
export type Difference = (typeof DIFFERENCES)[number];

/** What makes two entries the same connection: protocol, original tuple, zone, and the id where both have one. */
const tupleOf = ({ protonum, original, zone }: CaptureRecord['flow']): string => {
  const { src, dst, sport, dport, type, code, id } = original;
  return [protonum, src, dst, sport, dport, type, code, id, original.zone ?? zone].join(' ');
};

/**
 * Merges two captures. A connection that both have appears once, as the second has it. An entry with the tuple of an earlier one and
 * another id is another connection.
 */
export function compareCaptures(first: readonly CaptureRecord[], second: readonly CaptureRecord[]): SeenRecord[] {
  const before = new Map<string, CaptureRecord>();
  for (const record of first) before.set(tupleOf(record.flow), record);
  const merged: SeenRecord[] = [];
  for (const record of second) {
    const key = tupleOf(record.flow);
    const earlier = before.get(key);
    const same =
      earlier !== undefined &&
      (earlier.flow.id === undefined || record.flow.id === undefined || earlier.flow.id === record.flow.id);
    merged.push({ ...record, difference: same ? 'both' : 'only second' });
    if (same) before.delete(key);
  }
  for (const record of before.values()) merged.push({ ...record, difference: 'only first' });
  return merged;
}
