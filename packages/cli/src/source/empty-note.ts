import type { Table } from '@conntrack/table';
import { type Io, say } from '../process/io.js';
import { isStderrTerminal } from '../terminal/streams.js';

/**
 * Prints why a table has no entries, if a command found none and prints to a terminal. In scripts an empty table is
 * normal, so nothing is printed there.
 */
export async function noteEmpty(io: Io, table: Table, found: number): Promise<void> {
  if (found > 0 || !isStderrTerminal(io)) return;
  const { count, notes } = await table.capabilities({ signal: io.signal });
  if (count === 0) for (const note of notes) say(io, `note: ${note}`);
}
