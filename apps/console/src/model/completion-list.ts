// The list of completions below a filter box: its items, the selected one, and the effect of keys. The playground of the docs uses it, too.
import { type Completion, complete } from '@conntrack/filter/complete';

/** The list of completions; it has no items while it is closed. */
export interface CompletionList {
  /** The part of the text that a completion replaces. */
  from: number;
  to: number;
  items: readonly Completion[];
  /** Index of the selected item; −1 if none is selected, so that Enter and Tab keep their usual meaning. */
  chosen: number;
}

/** A text and the caret in it. */
export interface Edited {
  text: string;
  caret: number;
}

/** The closed list. */
export const CLOSED: CompletionList = { from: 0, to: 0, items: [], chosen: -1 };

/** Opens the list of completions at a caret. */
export const openList = (text: string, caret: number): CompletionList => ({ ...complete(text, caret), chosen: -1 });

/** Selects the next (1) or the previous (−1) item; after the last comes the first. */
export function move(list: CompletionList, by: 1 | -1): CompletionList {
  const { length } = list.items;
  if (length === 0) return list;
  const chosen = list.chosen < 0 ? (by > 0 ? 0 : length - 1) : (list.chosen + by + length) % length;
  return { ...list, chosen };
}

/** Inserts a completion into the text, with the caret after it. */
export function accept(text: string, list: CompletionList, item: Completion): Edited {
  const head = text.slice(0, list.from) + item.text;
  return { text: head + text.slice(list.to), caret: head.length };
}
