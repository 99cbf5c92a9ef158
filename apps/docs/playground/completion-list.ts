// The list of proposals below the filter's box: what is in it, which one is chosen, and what a key does.
import { type Completion, complete } from '@conntrack/filter/complete';

/** The open list; no items when it is closed. */
export interface CompletionList {
  /** The place of the text that a proposal replaces. */
  from: number;
  to: number;
  items: readonly Completion[];
  /** −1: none chosen, so that Enter and Tab keep their own meaning. */
  chosen: number;
}

/** A text and the caret in it. */
export interface Edited {
  text: string;
  caret: number;
}

/** The closed list. */
export const CLOSED: CompletionList = { from: 0, to: 0, items: [], chosen: -1 };

/** The proposals at a caret. */
export const openList = (text: string, caret: number): CompletionList => ({ ...complete(text, caret), chosen: -1 });

/** The list with the next (1) or the one before (−1) chosen, round and round. */
export function move(list: CompletionList, by: 1 | -1): CompletionList {
  const { length } = list.items;
  if (length === 0) return list;
  const chosen = list.chosen < 0 ? (by > 0 ? 0 : length - 1) : (list.chosen + by + length) % length;
  return { ...list, chosen };
}

/** The text with a proposal in it, and the caret behind that. */
export function accept(text: string, list: CompletionList, item: Completion): Edited {
  const head = text.slice(0, list.from) + item.text;
  return { text: head + text.slice(list.to), caret: head.length };
}
