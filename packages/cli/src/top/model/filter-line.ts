import { FilterError } from '@conntrack/filter';
import { complete } from '@conntrack/filter/complete';
import { areQueries, readFilter } from '../../options/read-filter.js';
import type { Key } from '../keys.js';
import { type Applied, type Effect, type Mode, type Offer, type TopState, unselect } from './state.js';

type FilterMode = Extract<Mode, { kind: 'filter' }>;

const wordsOf = (text: string): string[] => text.split(/\s+/).filter(word => word !== '');

/** Parses a filter line. @throws FilterError */
export const parseLine = (text: string): Applied => ({
  text: text.trim(),
  filter: readFilter(wordsOf(text), 'read').filter,
});

/** What is wrong with a line, in one line; `undefined` if nothing is. */
function issueOf(text: string): string | undefined {
  try {
    parseLine(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return error.issues[0]!.message;
  }
}

/** The completions at a place of the line. The pairs of a query string are separated by spaces here. */
function offerAt(text: string, at: number): Offer {
  const head = text.slice(0, at);
  const isQuery = areQueries(wordsOf(text)) && areQueries(wordsOf(head));
  const { items, from, to } = complete(isQuery ? head.replace(/\s/g, '&') : head, at, {
    syntax: isQuery ? 'query' : 'expression',
  });
  return { items, from, to };
}

/** Opens the filter line with the filter in force. */
export function openFilter(state: TopState): Effect[] {
  const { text } = state.applied;
  state.mode = { kind: 'filter', text: '', at: 0, offer: offerAt('', 0), chosen: -1, issue: undefined, past: -1 };
  edit(state.mode, text, text.length);
  return [];
}

/** Changes the text; what is wrong with it is found while it is typed. */
function edit(mode: FilterMode, text: string, at: number): void {
  mode.text = text;
  mode.at = Math.max(0, Math.min(at, text.length));
  mode.offer = offerAt(text, mode.at);
  mode.chosen = -1;
  mode.issue = issueOf(text);
}

const insert = (mode: FilterMode, added: string): void =>
  edit(mode, mode.text.slice(0, mode.at) + added + mode.text.slice(mode.at), mode.at + added.length);

/** Puts the next completion into the text. The offer stays, so that Tab continues through it. */
function choose(mode: FilterMode, step: number): void {
  const { items, from } = mode.offer;
  if (items.length === 0) return;
  const before = mode.chosen < 0 ? mode.offer.to : from + items[mode.chosen]!.text.length;
  const chosen = mode.chosen < 0 && step < 0 ? items.length - 1 : (mode.chosen + step + items.length) % items.length;
  const { text } = items[chosen]!;
  mode.text = mode.text.slice(0, from) + text + mode.text.slice(before);
  mode.at = from + text.length;
  mode.issue = issueOf(mode.text);
  mode.chosen = chosen;
  // A single completion is taken, and what follows it is offered.
  if (items.length === 1) edit(mode, mode.text, mode.at);
}

function recall(state: TopState, mode: FilterMode, step: number): void {
  const past = Math.max(-1, Math.min(mode.past + step, state.history.length - 1));
  if (past === mode.past) return;
  mode.past = past;
  const text = past < 0 ? '' : state.history.at(-1 - past)!;
  edit(mode, text, text.length);
}

/** Applies the line. A filter that cannot be read stays open. */
function apply(state: TopState, mode: FilterMode): Effect[] {
  mode.issue = issueOf(mode.text);
  if (mode.issue !== undefined) return [];
  const applied = parseLine(mode.text);
  state.mode = { kind: 'browse' };
  if (applied.text === state.applied.text) return [];
  return useFilter(state, applied);
}

/** Sets the filter in force. Marks of flows that it hides stay. */
export function useFilter(state: TopState, applied: Applied): Effect[] {
  state.applied = applied;
  if (applied.text !== '' && state.history.at(-1) !== applied.text) state.history.push(applied.text);
  unselect(state);
  return [{ do: 'refresh' }];
}

/** The place of the word before. */
const wordBefore = ({ text, at }: FilterMode): number => text.slice(0, at).search(/\S+\s*$/);

const KEYS: Readonly<Record<string, (mode: FilterMode, state: TopState) => void>> = {
  backspace: mode => {
    if (mode.at > 0) edit(mode, mode.text.slice(0, mode.at - 1) + mode.text.slice(mode.at), mode.at - 1);
  },
  delete: mode => edit(mode, mode.text.slice(0, mode.at) + mode.text.slice(mode.at + 1), mode.at),
  left: mode => edit(mode, mode.text, mode.at - 1),
  right: mode => edit(mode, mode.text, mode.at + 1),
  home: mode => edit(mode, mode.text, 0),
  end: mode => edit(mode, mode.text, mode.text.length),
  'ctrl-u': mode => edit(mode, mode.text.slice(mode.at), 0),
  'ctrl-k': mode => edit(mode, mode.text.slice(0, mode.at), mode.at),
  'ctrl-w': mode => {
    const from = Math.max(0, wordBefore(mode));
    edit(mode, mode.text.slice(0, from) + mode.text.slice(mode.at), from);
  },
  tab: mode => choose(mode, 1),
  backtab: mode => choose(mode, -1),
  up: (mode, state) => recall(state, mode, 1),
  down: (mode, state) => recall(state, mode, -1),
  escape: (_, state) => {
    state.mode = { kind: 'browse' };
  },
};
const SAME: Readonly<Record<string, string>> = {
  'ctrl-a': 'home',
  'ctrl-e': 'end',
  'ctrl-b': 'left',
  'ctrl-f': 'right',
};

/** Handles a key while the filter is edited. */
export function editFilter(state: TopState, mode: FilterMode, key: Key): Effect[] {
  if ('pasted' in key) {
    insert(mode, key.pasted.replace(/\s+/g, ' '));
    return [];
  }
  if (key.name === 'enter') return apply(state, mode);
  const handler = KEYS[SAME[key.name] ?? key.name];
  if (handler !== undefined) handler(mode, state);
  else if (key.name === 'space') insert(mode, ' ');
  else if (/^[\x21-\x7e]$/.test(key.name)) insert(mode, key.name);
  return [];
}
