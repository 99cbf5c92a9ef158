import type { Done } from '../process/interruption.js';

/** A change of existing entries. */
export type Change = Exclude<Done, 'created'>;

/** How a change is written in a question, and while it runs. */
export const WORDS: Readonly<Record<Change, { readonly ask: string; readonly runs: string }>> = {
  deleted: { ask: 'Delete', runs: 'deleting' },
  updated: { ask: 'Update', runs: 'updating' },
  drained: { ask: 'Drain', runs: 'draining' },
};
