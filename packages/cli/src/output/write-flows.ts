import type { Flow } from '@conntrack/flow';
import { NEEDS_FLOW } from '@conntrack/netlink/text';
import type { MatchingRows } from '@conntrack/table';
import type { Context } from '../process/context.js';
import { say } from '../process/io.js';
import type { OutputFormat } from './formats.js';

/** Says what the format could not carry. */
function sayLosses({ io }: Pick<Context, 'io'>, format: OutputFormat): void {
  const losses = format.losses();
  if (losses !== undefined) say(io, losses);
}

/** Writes flows as they come; answers how many there were. */
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

/** Bytes that are written at once, and what a row and the separator in front of it take of them at most, but for rare rows. */
const CHUNK = 64 * 1024;
const ROOM = 8 * 1024;

/** Writes rows as they come, without flows where source and format can; answers how many there were. */
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
      // UTF-8 takes three bytes for a UTF-16 unit at most.
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

/** One flow: a line, a JSON object, a whole document. */
export async function writeFlow(context: Context, format: OutputFormat, flow: Flow): Promise<void> {
  const line = format.line(flow);
  // A single answer in JSON is the object itself, as over HTTP.
  await context.output.write(format.head.startsWith('[') ? `${line}\n` : format.head + line + format.tail);
  sayLosses(context, format);
}
