import { createHash } from 'node:crypto';
import { TableError } from '@conntrack/flow/table';
import type { SortKey, SortValue } from '@conntrack/table';

/** A place in the merged list of a fleet: the values and id of a row, and its node. */
export interface FleetPosition {
  readonly key: SortKey;
  readonly node: string;
}

/** Recognizes the cursor of another list; no protection against forgery, because each node checks its own limits. */
const fingerprint = (identity: string): string => createHash('sha256').update(identity).digest('base64url').slice(0, 8);

/** Encodes a position as opaque text. It is bound to the list by its canonical filter and sort (`identity`). */
export const encodeFleetCursor = (identity: string, { key, node }: FleetPosition): string =>
  Buffer.from(JSON.stringify([fingerprint(identity), node, ...key])).toString('base64url');

const isValue = (value: unknown): value is SortValue =>
  typeof value === 'number' ||
  typeof value === 'string' ||
  (Array.isArray(value) && value.length === 4 && value.every(word => typeof word === 'number'));

/** Decodes a position with `length` values. @throws TableError CURSOR_INVALID for the cursor of another list, and for other text */
export function decodeFleetCursor(identity: string, text: string, length: number): FleetPosition {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    parts = undefined;
  }
  const [made, node, ...key] = Array.isArray(parts) ? (parts as unknown[]) : [];
  if (typeof node !== 'string' || key.length !== length || !key.every(isValue))
    throw new TableError('CURSOR_INVALID', 'this is not a page cursor of this list. Start again without a cursor');
  if (made !== fingerprint(identity))
    throw new TableError(
      'CURSOR_INVALID',
      'this page cursor belongs to a list with another filter or sort order. Start again without a cursor',
    );
  return { key, node };
}
