import { TableError } from '@conntrack/flow/table';
import type { SortKey } from './sort.js';

/** FNV-1a, 32 bits: enough to recognize the cursor of another list, but no protection against forgery. */
function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Encodes the end of a page as opaque text, without Node: lists of captures are also read in browsers. It is bound to the list by its canonical filter and sort (`identity`). */
export const encodePageCursor = (identity: string, key: SortKey): string =>
  btoa(JSON.stringify([fingerprint(identity), ...key]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const isValue = (value: unknown): boolean =>
  typeof value === 'number' ||
  typeof value === 'string' ||
  (Array.isArray(value) && value.length === 4 && value.every(word => typeof word === 'number'));

/** Decodes the key in a page cursor. @throws TableError CURSOR_INVALID for the cursor of another list, and for other text */
export function decodePageCursor(identity: string, text: string, length: number): SortKey {
  let parts: unknown;
  try {
    parts = JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    parts = undefined;
  }
  if (!Array.isArray(parts) || parts.length !== length + 1 || !parts.slice(1).every(isValue))
    throw new TableError('CURSOR_INVALID', 'this is not a page cursor. Start again without a cursor');
  if (parts[0] !== fingerprint(identity))
    throw new TableError(
      'CURSOR_INVALID',
      'this page cursor belongs to a list with another filter or sort order. Start again without a cursor',
    );
  return parts.slice(1) as SortKey;
}
