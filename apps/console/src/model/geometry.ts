/**
 * Browsers draw no element that is taller than some tens of millions of pixels (Chromium: 33,554,428; Firefox: about 17,895,000).
 * A longer list is drawn in an element of this height, and the position in it is scaled.
 */
export const MOST_PIXELS = 16_000_000;

/** The size of a list on the screen, in pixels. */
export interface Geometry {
  rows: number;
  rowHeight: number;
  /** The height of the visible part. */
  view: number;
}

/** The height of the element that contains the rows. */
export const heightOf = ({ rows, rowHeight }: Geometry): number => Math.min(rows * rowHeight, MOST_PIXELS);

/** How many pixels of the list one pixel of scrolling moves. */
function scaleOf(list: Geometry): number {
  const free = heightOf(list) - list.view;
  return free <= 0 ? 1 : Math.max(1, (list.rows * list.rowHeight - list.view) / free);
}

/** The pixel of the list that is at the top, for a position of the scroll bar. */
export const positionOf = (list: Geometry, scrollTop: number): number => scrollTop * scaleOf(list);

/** The position of the scroll bar for a pixel of the list. */
export const scrollOf = (list: Geometry, position: number): number => position / scaleOf(list);

/** The position that shows a row, as near as possible to the present one. `head` is the height of what covers the top. */
export function reveal({ rowHeight, view }: Geometry, position: number, index: number, head: number): number {
  const top = index * rowHeight;
  if (top < position) return top;
  return Math.max(position, top + rowHeight + head - view);
}
