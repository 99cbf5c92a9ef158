/** A word that can stand at the cursor, and what it means. */
export interface Candidate {
  readonly text: string;
  readonly detail?: string;
}

/** The candidates of a word. `files`: the shell completes the names of files. */
export type Candidates = readonly Candidate[] | 'files';

/** Makes candidates from words. */
export const plain = (words: readonly string[]): Candidate[] => words.map(text => ({ text }));

/** Candidates for the last item of a list with commas. */
export function inList(current: string, items: readonly Candidate[]): Candidate[] {
  const before = current.slice(0, current.lastIndexOf(',') + 1);
  return items.map(({ text, ...rest }) => ({ text: before + text, ...rest }));
}
