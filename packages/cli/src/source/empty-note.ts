import type { Table } from '@conntrack/table';
import { type Io, say } from '../process/io.js';

const isTerminal = (stream: NodeJS.WritableStream & { isTTY?: boolean }): boolean => stream.isTTY === true;

/**
 * Says on standard error why a table has no entries, when a command that found none speaks to a person. Scripts see the same as ever: an empty table is
 * normal there.
 */
export async function noteEmpty(io: Io, table: Table, found: number): Promise<void> {
  if (found > 0 || !isTerminal(io.stderr)) return;
  const { count, notes } = await table.capabilities({ signal: io.signal });
  if (count === 0) for (const note of notes) say(io, `note: ${note}`);
}
