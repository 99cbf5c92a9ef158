import type { PlanResult, TableError } from '@conntrack/table';
import { type Io, say } from './io.js';

/** How a change is said to be done. */
export type Done = 'deleted' | 'updated' | 'created';

export const entries = (count: number): string => `${count} ${count === 1 ? 'entry' : 'entries'}`;

/** What else became of the entries of a change, where there are such entries. */
export const others = (counts: readonly (readonly [count: number, what: string])[]): string =>
  counts.map(([count, what]) => (count > 0 ? `, ${count} ${what}` : '')).join('');

/** The counts of a change of many entries that was stopped between two batches. */
function stopped(error: unknown, verb: Done): string | undefined {
  const result = (error as Partial<TableError>).details?.result as PlanResult | undefined;
  if (result === undefined) return undefined;
  const { changed, gone, failed, untried } = result;
  const rest = others([
    [gone, 'had ended before'],
    [failed, 'failed'],
  ]);
  return `${changed} of ${entries(changed + gone + failed + untried)} ${verb}${rest}, ${untried} not tried`;
}

/**
 * Runs a change, which calls `note` with its outcome as soon as there is one. If the program is interrupted meanwhile, says what was done by then: the
 * counts of a change of many entries that was stopped, the outcome, or that nothing was done.
 */
export async function changing<T>(
  io: Io,
  verb: Done,
  change: (note: (done: string) => void) => Promise<T>,
): Promise<T> {
  let done = `nothing was ${verb}`;
  try {
    io.signal.throwIfAborted();
    return await change(text => {
      done = text;
      io.signal.throwIfAborted();
    });
  } catch (error) {
    if (io.signal.aborted) say(io, `interrupted: ${stopped(error, verb) ?? done}`);
    throw error;
  }
}
