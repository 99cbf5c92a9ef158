import type { Filter, Test } from '@conntrack/filter';
import type { Address } from '@conntrack/flow';
import { ALIVE, V6 } from '../storage/flags.js';
import type { ListName, RowStore } from '../storage/row-store.js';

const LIST_OF: Readonly<Record<string, readonly ListName[] | undefined>> = {
  src: ['src'],
  dst: ['dst'],
  'reply.src': ['replySrc'],
  'reply.dst': ['replyDst'],
  addr: ['src', 'dst', 'replySrc', 'replyDst'],
  dport: ['dport'],
};

/** One value of one list: its rows contain every row that has the value. */
interface Source {
  readonly list: ListName;
  readonly value: number;
  readonly v6: boolean;
}

/** How the rows that may match are found: in some lists, of at most `size` rows. */
interface Selection {
  readonly sources: readonly Source[];
  readonly size: number;
}

/** Returns the value of an address in the columns; −1 if no row has the address. */
function columnValue({ pool }: RowStore, { family, words }: Address): number {
  if (family === 'ipv4') return words[3];
  return pool.find(words[0], words[1], words[2], words[3]) || -1;
}

function selectTest(store: RowStore, { field, op, values }: Test): Selection | undefined {
  const names = LIST_OF[field];
  if (names === undefined || op !== 'eq') return undefined;
  const sources: Source[] = [];
  for (const value of values) {
    if (value.type !== 'address' && !(value.type === 'number' && field === 'dport')) return undefined;
    const v6 = value.type === 'address' && value.address.family === 'ipv6';
    const number = value.type === 'address' ? columnValue(store, value.address) : value.value;
    if (number >= 0) for (const list of names) sources.push({ list, value: number, v6 });
  }
  return joined(store, sources);
}

const joined = (store: RowStore, sources: readonly Source[]): Selection => ({
  sources,
  size: sources.reduce((sum, { list, value }) => sum + store.lists[list].size(value), 0),
});

/** Returns the lists with the fewest rows that contain every matching row; `undefined` if only a scan finds them. */
function selection(store: RowStore, filter: Filter): Selection | undefined {
  switch (filter.kind) {
    case 'test':
      return selectTest(store, filter);
    case 'and': {
      let best: Selection | undefined;
      for (const term of filter.terms) {
        const found = selection(store, term);
        if (found !== undefined && (best === undefined || found.size < best.size)) best = found;
      }
      return best;
    }
    case 'or': {
      const found = filter.terms.map(term => selection(store, term));
      if (found.some(each => each === undefined)) return undefined;
      return joined(
        store,
        found.flatMap(each => each!.sources),
      );
    }
    default:
      return undefined;
  }
}

/**
 * Returns every row that can match a filter, each once; `undefined` if a scan of all rows is needed, or not more expensive. The caller
 * checks the rows again.
 */
export function selectRows(store: RowStore, filter: Filter): Uint32Array | undefined {
  const found = selection(store, filter);
  // A scan reads memory in order, and so costs less for each row.
  if (found === undefined || found.size > Math.max(64, store.size / 4)) return undefined;
  const rows = new Uint32Array(found.size);
  let count = 0;
  const { flags } = store.columns;
  for (const { list, value, v6 } of found.sources) {
    const column = list === 'dport' ? undefined : store.columns[list];
    const links = store.lists[list];
    for (let row = links.first(value); row !== 0; row = links.after(row)) {
      if ((flags[row]! & ALIVE) === 0) continue;
      const has =
        column === undefined
          ? (store.columns.parts[row]! & 0xffff) === value
          : column[row] === value && ((flags[row]! & V6) !== 0) === v6;
      if (has) rows[count++] = row;
    }
  }
  if (found.sources.length === 1) return rows.subarray(0, count);
  // A row can be in several lists.
  const sorted = rows.subarray(0, count).sort();
  let unique = 0;
  for (let i = 0; i < count; i++) if (i === 0 || sorted[i] !== sorted[unique - 1]) sorted[unique++] = sorted[i]!;
  return sorted.subarray(0, unique);
}
