import type { Filter } from '@conntrack/filter';
import type { Table } from '@conntrack/table';
import type { Question, Snapshot } from './snapshot.js';

/** Where the view reads: a table in this process, or that of a server. */
export interface TopSource {
  /**
   * Reads the rows once. An aborted refresh throws the signal's reason.
   *
   * @throws TableError of the table
   */
  refresh(question: Question, filter: Filter, signal: AbortSignal): Promise<Snapshot>;
  /** Why the source cannot make this order; `undefined` if it can. */
  cannotSort(question: Question): string | undefined;
}

/** The clock of a view. */
export interface Clock {
  /** Whole milliseconds since any moment; never goes back. */
  now(): number;
  /** Lets everything else that waits have its turn: keys above all. */
  breathe(): Promise<void>;
}

/** Whether a table has an index that measures rates. */
export async function measuresRates(table: Table, signal: AbortSignal): Promise<boolean> {
  const { index, accounting } = await table.capabilities({ signal });
  return index?.state === 'live' && accounting;
}
