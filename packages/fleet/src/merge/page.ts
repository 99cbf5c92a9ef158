import type { Filter } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { type Page, TableError } from '@conntrack/flow/table';
import {
  encodePageCursor,
  MOVING_FIELDS,
  parseSort,
  printSort,
  type RowOrder,
  rowOrder,
  type SortKey,
  type SortTerm,
  type SortValue,
} from '@conntrack/table';
import { decodeFleetCursor, encodeFleetCursor, type FleetPosition } from './cursor.js';

/** One row with its place in the order of the fleet. */
interface Placed {
  readonly flow: Flow;
  readonly key: SortKey;
  readonly node: string;
}

const byNode = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Before and after every value of a kind. An address is never compared with a number. */
const LOWEST: readonly SortValue[] = [-2, [-2, -2, -2, -2]];
const HIGHEST: readonly SortValue[] = [Number.MAX_VALUE, [2 ** 33, 0, 0, 0]];

/** The order of a fleet's rows: the terms, then the id, then the node. */
export class FleetOrder {
  /** The terms that a node sorts by: all of its rows have the same `node`. */
  readonly terms: readonly SortTerm[];
  /** Whether a list in this order has more than one page. */
  readonly paged: boolean;
  readonly #identity: string;
  readonly #rows: RowOrder;
  /** The place of the term `node` among the terms; −1 if there is none. */
  readonly #place: number;
  readonly #sign: number;
  readonly #cursor = new FlowObjectCursor();

  /** @throws TableError SORT_INVALID */
  constructor(sort: readonly SortTerm[], filter: Filter) {
    if (sort.length > 0) parseSort(printSort(sort));
    this.#place = sort.findIndex(({ field }) => field === 'node');
    this.#sign = sort[this.#place]?.descending ? -1 : 1;
    this.terms = sort.filter(({ field }) => field !== 'node');
    this.paged = !this.terms.some(({ field }) => MOVING_FIELDS.has(field));
    this.#rows = rowOrder(this.terms);
    this.#identity = `fleet\n${printQuery(filter)}\n${printSort(sort)}`;
  }

  placed(node: string, flow: Flow, ordinal: number): Placed {
    return { flow, node, key: this.#rows.key(this.#cursor.move(flow), ordinal) };
  }

  compare(one: Placed | FleetPosition, other: Placed | FleetPosition): number {
    const nodes = byNode(one.node, other.node) * this.#sign;
    if (this.#place < 0) return this.#rows.compare(one.key, other.key) || nodes;
    const before = this.#rows.compare(one.key.slice(0, this.#place), other.key.slice(0, this.#place));
    return before || nodes || this.#rows.compare(one.key, other.key);
  }

  /** Reads the cursor of a page. @throws TableError CURSOR_INVALID */
  read(cursor: string | undefined): FleetPosition | undefined {
    if (cursor === undefined) return undefined;
    const position = decodeFleetCursor(this.#identity, cursor, this.terms.length + 1);
    if (!this.paged)
      throw new TableError(
        'CURSOR_INVALID',
        'a list sorted by values that change has only one page. Use a larger limit, or sort by a field that does not change, such as start or src',
      );
    return position;
  }

  write({ key, node }: Placed): string {
    return encodeFleetCursor(this.#identity, { key, node });
  }

  /**
   * The cursor for one node: its rows after a position of the fleet. The cursors of nodes exclude their position, so a node whose rows at the
   * position are still to come gets the place just before it.
   *
   * @param filter the filter that the node gets
   */
  cursorFor(node: string, { key, node: at }: FleetPosition, filter: Filter): string {
    const ahead = byNode(node, at) * this.#sign;
    return encodePageCursor(`${printQuery(filter)}\n${printSort(this.terms)}`, this.#keyFor(key, ahead));
  }

  #keyFor(key: SortKey, ahead: number): SortKey {
    if (ahead === 0) return key;
    // Only the values before the term `node` are compared between two nodes; without the term, all of them and the id.
    const compared = this.#place < 0 ? key.length : this.#place;
    if (compared === key.length) return ahead > 0 ? [...key.slice(0, -1), Number(key.at(-1)) - 1] : key;
    return key.map((value, i) => {
      if (i < compared) return value;
      const low = ahead > 0 !== (this.terms[i]?.descending === true);
      if (typeof value === 'string') return low ? '' : '\uffff';
      return (low ? LOWEST : HIGHEST)[typeof value === 'number' ? 0 : 1]!;
    });
  }
}

/** Maximum number of rows from the first row of a list to the last one of a page: each node returns as many. */
const FIRST_ROWS = 10_000;

/** Returns how many rows each node is asked for. @throws TableError UNSUPPORTED for rows too far from the first one */
export function rowsOf({ offset = 0, limit }: { readonly offset?: number; readonly limit: number }): number {
  if (offset > 0 && offset + limit > FIRST_ROWS)
    throw new TableError(
      'UNSUPPORTED',
      `offset + limit is ${offset + limit}, but only the first ${FIRST_ROWS} rows of a fleet can be read by number. Use the cursor, or narrow the filter`,
    );
  return offset + limit;
}

/** Merges the sorted first rows of each node into one page. `node` of each page is the name of its node. */
export function mergePages(
  order: FleetOrder,
  pages: readonly { readonly node: string; readonly page: Page }[],
  { offset, limit }: { readonly offset?: number | undefined; readonly limit: number },
): Page {
  const rows: Placed[] = [];
  let [remaining, scanned, matched] = [0, 0, 0];
  for (const { node, page } of pages) {
    for (const [i, flow] of page.items.entries()) rows.push(order.placed(node, flow, i));
    remaining += page.items.length + page.more;
    scanned += page.scanned;
    matched += page.matched;
  }
  const before = offset ?? 0;
  const kept = rows.sort((one, other) => order.compare(one, other)).slice(0, before + limit);
  const last = kept.at(-1);
  const more = remaining - kept.length;
  const next = last !== undefined && more > 0 && order.paged && offset === undefined ? order.write(last) : null;
  return { items: kept.slice(before).map(({ flow }) => flow), next, more, scanned, matched };
}
