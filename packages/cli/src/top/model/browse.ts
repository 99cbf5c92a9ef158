import { ALL, allOf, normalize, parseFilter } from '@conntrack/filter';
import { printExpression } from '@conntrack/filter/print';
import { GROUPINGS } from '../data/grouping.js';
import type { FlowRow, SortKey } from '../data/snapshot.js';
import { openFilter, useFilter } from './filter-line.js';
import {
  correctSort,
  type Effect,
  moveTo,
  questionOf,
  rowAtCursor,
  rowsOf,
  sortOf,
  type TopState,
  unselect,
} from './state.js';

/** The orders of flows and of groups, with the key that chooses each. */
export const SORTS: { readonly flows: readonly Order[]; readonly groups: readonly Order[] } = {
  flows: [
    { key: 'r', sort: 'rate', what: 'bytes a second' },
    { key: 'b', sort: 'bytes', what: 'bytes' },
    { key: 'k', sort: 'packet-rate', what: 'packets a second' },
    { key: 'n', sort: 'packets', what: 'packets' },
    { key: 'x', sort: 'expires', what: 'timeout' },
    { key: 'a', sort: 'age', what: 'age' },
  ],
  groups: [
    { key: 'f', sort: 'flows', what: 'flows' },
    { key: 'r', sort: 'rate', what: 'bytes a second' },
    { key: 'u', sort: 'unreplied', what: 'flows without a reply' },
    { key: 'b', sort: 'bytes', what: 'bytes' },
    { key: 'k', sort: 'packet-rate', what: 'packets a second' },
    { key: 'n', sort: 'packets', what: 'packets' },
  ],
};

interface Order {
  readonly key: string;
  readonly sort: SortKey;
  readonly what: string;
}

/** The views, in the order of their number keys. `undefined` shows single flows. */
export const VIEWS: readonly (string | undefined)[] = [undefined, ...GROUPINGS.map(({ name }) => name)];

/** Milliseconds between two refreshes that can be chosen. */
const INTERVALS = [500, 1000, 2000, 5000, 10_000, 30_000];

const ordersOf = ({ group }: TopState): readonly Order[] => (group === undefined ? SORTS.flows : SORTS.groups);
const say = (state: TopState, text: string, bad = false): Effect[] => {
  state.message = { text, bad };
  return [];
};

type Handler = (state: TopState) => Effect[];

/** The number of rows that Page Down moves by. */
const page = ({ lines }: TopState): number => Math.max(1, lines - 8);

const move =
  (by: (state: TopState) => number): Handler =>
  state => {
    moveTo(state, state.cursor === undefined ? Math.max(0, by(state) - 1) : state.place + by(state));
    return [];
  };

/** Shows single flows, or groups. */
export function view(state: TopState, group: string | undefined): Effect[] {
  if (group === state.group) return [];
  state.group = group;
  unselect(state);
  correctSort(state);
  return [{ do: 'refresh' }];
}

function sortBy(state: TopState, sort: SortKey): Effect[] {
  const why = state.cannotSort({ ...questionOf(state), sort, reversed: false });
  if (why !== undefined) return say(state, why, true);
  const name = state.group === undefined ? 'flows' : 'groups';
  if (sort === state.sorts[name]) return [];
  state.sorts[name] = sort;
  state.reversed = false;
  unselect(state);
  return [{ do: 'refresh' }];
}

const nextSort =
  (step: number): Handler =>
  state => {
    const possible = ordersOf(state).filter(
      ({ sort }) => state.cannotSort({ ...questionOf(state), sort, reversed: false }) === undefined,
    );
    const at = possible.findIndex(({ sort }) => sort === sortOf(state));
    return sortBy(state, possible[(at + step + possible.length) % possible.length]!.sort);
  };

function reverse(state: TopState): Effect[] {
  const why = state.cannotSort({ ...questionOf(state), reversed: !state.reversed });
  if (why !== undefined) return say(state, why, true);
  state.reversed = !state.reversed;
  unselect(state);
  return [{ do: 'refresh' }];
}

const faster =
  (step: number): Handler =>
  state => {
    const at = INTERVALS.findIndex(interval => interval >= state.interval);
    state.interval = INTERVALS[Math.max(0, Math.min(at + step, INTERVALS.length - 1))]!;
    return say(state, `a refresh every ${state.interval / 1000} s, if the table is not too large for that`);
  };

function open(state: TopState): Effect[] {
  const row = rowAtCursor(state);
  if (row === undefined) return say(state, 'choose a row with the arrow keys first');
  if (row.kind === 'flow') {
    state.mode = { kind: 'details', row, offset: 0 };
    return [];
  }
  if (row.filter === undefined) return say(state, 'this group has no filter of its own', true);
  const own = parseFilter(row.filter).filter;
  const filter = row.isWhole ? own : normalize(allOf([state.applied.filter, own]));
  state.back.push({ applied: state.applied, group: state.group });
  state.group = undefined;
  return useFilter(state, { text: printExpression(filter), filter });
}

/** Escape goes back one step: from marks, the cursor, a group that was opened, the filter. */
function leave(state: TopState): Effect[] {
  if (state.marks.size > 0) {
    state.marks.clear();
    return say(state, 'no flow is marked any more');
  }
  if (state.cursor !== undefined) {
    unselect(state);
    return [];
  }
  const place = state.back.pop();
  if (place !== undefined) {
    state.applied = place.applied;
    state.group = place.group;
    correctSort(state);
    return [{ do: 'refresh' }];
  }
  if (state.applied.text !== '') return useFilter(state, { text: '', filter: ALL });
  return say(state, 'q ends the program');
}

function mark(state: TopState): Effect[] {
  if (state.cursor === undefined) moveTo(state, 0);
  const row = rowAtCursor(state);
  if (row === undefined) return [];
  if (row.kind === 'group') return say(state, 'flows are marked, not groups: Enter shows the flows of this group');
  if (!state.marks.delete(row.key)) state.marks.set(row.key, row);
  moveTo(state, state.place + 1);
  return [];
}

function markAll(state: TopState): Effect[] {
  const rows = rowsOf(state);
  if (rows[0]?.kind === 'group') return say(state, 'flows are marked, not groups: Enter shows the flows of a group');
  for (const row of rows) if (row.kind === 'flow') state.marks.set(row.key, row);
  const more = (state.snapshot?.matched ?? 0) - rows.length;
  return more > 0
    ? say(state, `${rows.length} flows are marked; ${more} more match, and are not. For all: ctctl delete FILTER`, true)
    : [];
}

function remove(state: TopState): Effect[] {
  const under = rowAtCursor(state);
  const rows: FlowRow[] = state.marks.size > 0 ? [...state.marks.values()] : under?.kind === 'flow' ? [under] : [];
  if (rows.length === 0)
    return say(
      state,
      under?.kind === 'group'
        ? 'groups are not deleted: Enter shows the flows of this group, Space marks, d deletes'
        : 'choose a flow with the arrow keys, or mark flows with Space',
    );
  return askToDelete(state, rows);
}

/** Asks whether to delete exactly these flows. */
export function askToDelete(state: TopState, rows: readonly FlowRow[]): Effect[] {
  if (!state.writable) return say(state, `${state.name} is read-only`, true);
  if (state.deletion !== undefined) return say(state, 'another deletion is running', true);
  if (rows.some(({ flow }) => flow.id === undefined))
    return say(state, 'a flow without an id cannot be deleted exactly', true);
  const own = rows.filter(({ flow }) => state.isOwn(flow)).length;
  state.mode = { kind: 'confirm', rows, own, typed: undefined };
  return [];
}

const KEYS: Readonly<Record<string, Handler>> = {
  q: state =>
    state.deletion === undefined
      ? [{ do: 'quit', interrupted: false }]
      : say(state, 'a deletion is running; Ctrl-C stops it and quits'),
  '?': state => {
    state.mode = { kind: 'help', offset: 0 };
    return [];
  },
  up: move(() => -1),
  down: move(() => 1),
  pageup: move(state => -page(state)),
  pagedown: move(page),
  home: state => {
    unselect(state);
    return [];
  },
  end: state => {
    moveTo(state, Number.POSITIVE_INFINITY);
    return [];
  },
  left: nextSort(-1),
  right: nextSort(1),
  i: reverse,
  tab: state => view(state, VIEWS[(VIEWS.indexOf(state.group) + 1) % VIEWS.length]),
  backtab: state => view(state, VIEWS[(VIEWS.indexOf(state.group) + VIEWS.length - 1) % VIEWS.length]),
  enter: open,
  escape: leave,
  '/': state => openFilter(state),
  space: mark,
  '*': markAll,
  d: remove,
  delete: remove,
  p: state => {
    state.paused = !state.paused;
    return state.paused ? [] : [{ do: 'refresh' }];
  },
  '+': faster(-1),
  '-': faster(1),
  'ctrl-l': () => [{ do: 'redraw' }, { do: 'refresh' }],
};
const SAME: Readonly<Record<string, string>> = {
  h: '?',
  f1: '?',
  '<': 'left',
  '>': 'right',
  g: 'home',
  G: 'end',
  '=': '+',
};

/** Handles a key while rows are shown. */
export function browse(state: TopState, name: string): Effect[] {
  const order = ordersOf(state).find(({ key }) => key === name);
  if (order !== undefined) return sortBy(state, order.sort);
  const number = /^[1-9]$/.test(name) ? Number(name) - 1 : VIEWS.length;
  if (number < VIEWS.length) return view(state, VIEWS[number]);
  const handler = KEYS[SAME[name] ?? name];
  if (handler !== undefined) return handler(state);
  if (SORTS.flows.concat(SORTS.groups).some(({ key }) => key === name))
    return say(state, state.group === undefined ? 'only groups have this order' : 'only flows have this order');
  return name === 'unknown' ? [] : say(state, `the key '${name}' does nothing here; ? shows the keys`);
}
