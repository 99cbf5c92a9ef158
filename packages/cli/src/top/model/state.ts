import type { Filter } from '@conntrack/filter';
import type { Completion } from '@conntrack/filter/complete';
import type { Flow } from '@conntrack/flow';
import type { Gauge } from '../data/gauge.js';
import type { FlowRow, Question, Row, Snapshot, SortKey } from '../data/snapshot.js';

/** Maximum number of rows that a refresh returns, and that can be scrolled through. */
export const ROWS = 1000;

/** A filter as text, and parsed. */
export interface Applied {
  readonly text: string;
  readonly filter: Filter;
}

/** The completions of the filter line. */
export interface Offer {
  readonly items: readonly Completion[];
  /** The part of the text that a completion replaces. */
  readonly from: number;
  readonly to: number;
}

/** What the keys work on. */
export type Mode =
  | { readonly kind: 'browse' }
  | { readonly kind: 'help'; offset: number }
  | { readonly kind: 'details'; readonly row: FlowRow; offset: number }
  | {
      readonly kind: 'filter';
      text: string;
      /** Place of the text cursor. */
      at: number;
      offer: Offer;
      /** Which item of the offer is in the text; −1 if the user typed it. */
      chosen: number;
      issue: string | undefined;
      /** Place in the history of filters; −1 for a new one. */
      past: number;
    }
  | {
      readonly kind: 'confirm';
      readonly rows: readonly FlowRow[];
      /** How many of them are the connection of this session. */
      readonly own: number;
      /** The second question wants a word: what of it was typed. `undefined` before. */
      typed: string | undefined;
    };

/** Where Escape leads back to. */
export interface Place {
  readonly applied: Applied;
  readonly group: string | undefined;
}

/** The state of the view. Keys and news change it; the screen is made from nothing else. */
export interface TopState {
  /** Size of the terminal. */
  columns: number;
  lines: number;
  /** Name of the table. */
  readonly name: string;
  readonly writable: boolean;
  /** Whether the table counts bytes and packets; `undefined` is unknown. */
  accounting: boolean | undefined;
  /** Whether a flow is the connection that this session runs over. */
  readonly isOwn: (flow: Flow) => boolean;
  /** Why the table cannot be ranked in an order. */
  readonly cannotSort: (question: Question) => string | undefined;

  mode: Mode;
  group: string | undefined;
  sorts: { flows: SortKey; groups: SortKey };
  reversed: boolean;
  applied: Applied;
  readonly history: string[];
  readonly back: Place[];

  /** The row under the cursor by its key, and its place; `undefined`: the first rows are watched. */
  cursor: string | undefined;
  place: number;
  /** Rows that are scrolled away. */
  offset: number;
  readonly marks: Map<string, FlowRow>;

  snapshot: Snapshot | undefined;
  gauge: Gauge | undefined;
  /** Why the last refresh failed. */
  failure: string | undefined;
  /** Milliseconds that the last refresh cost. */
  cost: number | undefined;
  paused: boolean;
  /** Milliseconds between two refreshes that the user wants, and that the table allows. */
  interval: number;
  actual: number;
  /** What was done or cannot be done, until the next key. */
  message: { readonly text: string; readonly bad: boolean } | undefined;
  /** The running deletion. */
  deletion: { done: number; readonly total: number } | undefined;
}

/** What a key causes outside of the state. */
export type Effect =
  | { readonly do: 'refresh' }
  | { readonly do: 'delete'; readonly rows: readonly FlowRow[] }
  | { readonly do: 'redraw' }
  | { readonly do: 'suspend' }
  | { readonly do: 'quit'; readonly interrupted: boolean };

/** What is known before the first key. */
export type Beginning = Pick<
  TopState,
  'columns' | 'lines' | 'name' | 'writable' | 'accounting' | 'isOwn' | 'cannotSort' | 'group' | 'applied' | 'interval'
>;

/** The first state. */
export function begin(given: Beginning): TopState {
  const isCounted = given.accounting !== false;
  const state: TopState = {
    ...given,
    mode: { kind: 'browse' },
    sorts: { flows: isCounted ? 'rate' : 'expires', groups: isCounted ? 'rate' : 'flows' },
    reversed: false,
    history: [],
    back: [],
    cursor: undefined,
    place: 0,
    offset: 0,
    marks: new Map(),
    snapshot: undefined,
    gauge: undefined,
    failure: undefined,
    cost: undefined,
    paused: false,
    actual: given.interval,
    message: undefined,
    deletion: undefined,
  };
  correctSort(state);
  return state;
}

/** The order in force. */
export const sortOf = ({ group, sorts }: TopState): SortKey => (group === undefined ? sorts.flows : sorts.groups);

/** What the next refresh reads. */
export const questionOf = (state: TopState): Question => ({
  group: state.group,
  sort: sortOf(state),
  reversed: state.reversed,
  limit: ROWS,
});

/** Falls back to the number of flows if the table cannot be ranked in the order in force. */
export function correctSort(state: TopState): void {
  if (state.cannotSort({ ...questionOf(state), reversed: false }) !== undefined) state.sorts.groups = 'flows';
  if (state.cannotSort(questionOf(state)) !== undefined) state.reversed = false;
}

/** The rows that keys work on: none while those of another view are still shown. */
export const rowsOf = ({ snapshot, group }: TopState): readonly Row[] =>
  snapshot !== undefined && snapshot.question.group === group ? snapshot.rows : [];

/** Whether the rows belong to another view or order than the one in force. */
export function isStale(state: TopState): boolean {
  const asked = state.snapshot?.question;
  return (
    asked !== undefined &&
    (asked.group !== state.group || asked.sort !== sortOf(state) || asked.reversed !== state.reversed)
  );
}

/** Takes in the rows of a refresh. The cursor stays on its row, or if that is gone on its place. */
export function showSnapshot(state: TopState, snapshot: Snapshot): void {
  const isOther = state.snapshot?.question.group !== snapshot.question.group;
  state.snapshot = snapshot;
  state.failure = undefined;
  if (isOther) unselect(state);
  if (state.cursor === undefined) return;
  const place = snapshot.rows.findIndex(({ key }) => key === state.cursor);
  moveTo(state, place >= 0 ? place : state.place);
}

/** Puts the cursor on a row. */
export function moveTo(state: TopState, place: number): void {
  const rows = rowsOf(state);
  state.place = Math.max(0, Math.min(place, rows.length - 1));
  state.cursor = rows[state.place]?.key;
}

/** Takes the cursor away: the first rows are watched. */
export function unselect(state: TopState): void {
  state.cursor = undefined;
  state.place = 0;
  state.offset = 0;
}

/** The row under the cursor. */
export const rowAtCursor = (state: TopState): Row | undefined =>
  state.cursor === undefined ? undefined : rowsOf(state)[state.place];
