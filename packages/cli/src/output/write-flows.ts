import type { Flow } from '@conntrack/flow';
import { NEEDS_FLOW } from '@conntrack/netlink/text';
import type { MatchingRows } from '@conntrack/table';
import type { Context } from '../process/context.js';
import { say } from '../process/io.js';
import type { OutputFormat } from './formats.js';

/** Prints a warning about what the format lost. */
function sayLosses({ io }: Pick<Context, 'io'>, format: OutputFormat): void {
  const losses = format.losses();
  if (losses !== undefined) say(io, losses);
}

/** Writes flows as they arrive. Returns their number. */
export async function writeFlows(
  context: Context,
  format: OutputFormat,
  batches: AsyncIterable<readonly Flow[]>,
): Promise<number> {
  const { output } = context;
  let count = 0;
  for await (const batch of batches) {
    if (batch.length === 0) continue;
    const before = count === 0 ? format.head : format.separator;
    count += batch.length;
    await output.write(before + batch.map(flow => format.line(flow)).join(format.separator));
  }
  await output.write(count === 0 ? format.empty : format.tail);
  sayLosses(context, format);
  return count;
}

/**
 * Size of a write in bytes, and the space reserved for a row with its separator. Longer rows are rare and take a slower
 * path.
 */
const CHUNK = 64 * 1024;
const ROOM = 8 * 1024;

/** Writes rows as they arrive, without making flow objects where source and format allow it. Returns their number. */
export async function writeRows(
  context: Context,
  format: OutputFormat,
  batches: AsyncIterable<MatchingRows>,
): Promise<number> {
  const { output } = context;
  const { row } = format;
  let count = 0;
  let chunk = Buffer.allocUnsafe(CHUNK);
  let length = 0;
  const flush = async (): Promise<void> => {
    if (length === 0) return;
    const full = chunk.subarray(0, length);
    chunk = Buffer.allocUnsafe(CHUNK);
    length = 0;
    await output.write(full);
  };
  for await (const rows of batches) {
    const { cursor } = rows;
    while (rows.next()) {
      if (CHUNK - length < ROOM) await flush();
      const before = count++ === 0 ? format.head : format.separator;
      if (before !== '') length += chunk.write(before, length);
      const end = row === undefined ? NEEDS_FLOW : (cursor.write?.(row, chunk, length) ?? NEEDS_FLOW);
      if (end >= 0) {
        length = end;
        continue;
      }
      const line = format.line(cursor.flow());
      // A UTF-16 unit takes at most three bytes in UTF-8.
      if (line.length * 3 > CHUNK - length) await flush();
      if (line.length * 3 <= CHUNK) length += chunk.write(line, length);
      else await output.write(line);
    }
    await flush();
  }
  await output.write(count === 0 ? format.empty : format.tail);
  sayLosses(context, format);
  return count;
}

/** Writes one flow: as a line, a JSON object or a document. */
export async function writeFlow(context: Context, format: OutputFormat, flow: Flow): Promise<void> {
  const line = format.line(flow);
  // A single flow in JSON is the object itself, as in the HTTP API.
  await context.output.write(format.head.startsWith('[') ? `${line}\n` : format.head + line + format.tail);
  sayLosses(context, format);
}
