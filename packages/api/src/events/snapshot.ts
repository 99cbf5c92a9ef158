import type { Filter } from '@conntrack/filter';
import type { ConntrackTable } from '@conntrack/table';
import { type EventFormat, sseHead } from './records.js';

/** Where the rows of a snapshot go. */
export interface RowWriter {
  readonly format: EventFormat;
  /** What stands as their position. */
  readonly position: string;
  write(bytes: Uint8Array): void;
  /** Resolves when more can be taken. @throws when nobody wants it any more */
  ready(): Promise<void>;
}

/** Writes all flows that match as `snapshot` records, as fast as they are taken. */
export async function writeSnapshot(
  table: ConntrackTable,
  filter: Filter,
  { format, position, write, ready }: RowWriter,
  signal: AbortSignal,
): Promise<void> {
  const [head, tail] = format === 'sse' ? [sseHead('snapshot', undefined), '\n\n'] : ['', '\n'];
  const before = `${head}{"type":"snapshot","position":"${position}","flow":`;
  for await (const flows of table.batches({ filter, signal })) {
    let text = '';
    for (const flow of flows) text += `${before}${JSON.stringify(flow)}}${tail}`;
    await ready();
    write(Buffer.from(text));
  }
}
