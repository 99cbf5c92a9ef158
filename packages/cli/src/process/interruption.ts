import type { PlanResult, TableError } from '@conntrack/table';
import { type Io, say } from './io.js';

/** The past tense of a change, for messages. */
export type Done = 'deleted' | 'updated' | 'created' | 'drained';

export const entries = (count: number): string => `${count} ${count === 1 ? 'entry' : 'entries'}`;

/** The end of a sentence: the non-zero counts of other outcomes. */
export const others = (counts: readonly (readonly [count: number, what: string])[]): string =>
  counts.map(([count, what]) => (count > 0 ? `, ${count} ${what}` : '')).join('');

/** The counts of a bulk change that was stopped between two batches, or that a server continues. */
function stopped(error: unknown, verb: Done): string | undefined {
  const { code, message, details = {} } = error as Partial<TableError>;
  const { result: counts, continues } = details;
  const result = counts as PlanResult | undefined;
  if (result === undefined) return code === 'STOPPED' ? message : undefined;
  const { changed, gone, failed, notAttempted } = result;
  const rest = others([
    [gone, 'had ended before'],
    [failed, 'failed'],
  ]);
  const said = `${changed} of ${entries(changed + gone + failed + notAttempted)} ${verb}${rest}`;
  return continues
    ? `${said} so far. The server continues with the other ${notAttempted}`
    : `${said}, ${notAttempted} not attempted`;
}

/**
 * Runs a change, which calls `note` with its outcome as soon as it is known. If the program is interrupted, prints what
 * was done: the counts of a stopped bulk change, the outcome, or that nothing was done.
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
