import { fixedText } from './fixed-text.js';

const SPACE = 32;
const SPACES = fixedText(' '.repeat(8)).words[0]!;
/** The space between two columns. */
const GAP = 2;

/** Writes spaces, eight at a time; returns their end. Up to seven bytes after it change too. */
function putSpaces(view: DataView, at: number, count: number): number {
  for (let i = 0; i < count; i += 8) view.setFloat64(at + i, SPACES, true);
  return at + count;
}

/** Moves text to the right, four bytes at a time, and writes spaces before it. */
function shift(view: DataView, start: number, end: number, by: number): void {
  for (let i = (end - start - 1) & ~3; i >= 0; i -= 4) view.setInt32(start + by + i, view.getInt32(start + i));
  for (let i = 0; i < by; i++) view.setInt8(start + i, SPACE);
}

/**
 * Fills the cell of a table between `start` and `end` up to its width, and writes the space before the next one. Returns the
 * end of the cell. The last cell of a line gets no spaces at its end.
 */
export function padCell(
  view: DataView,
  start: number,
  end: number,
  width: number,
  right: boolean,
  last: boolean,
): number {
  const missing = Math.max(0, width - (end - start));
  if (right && missing > 0) shift(view, start, end, missing);
  if (last) return right ? end + missing : end;
  return right ? putSpaces(view, end + missing, GAP) : putSpaces(view, end, missing + GAP);
}
