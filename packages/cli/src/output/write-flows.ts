import type { Flow } from '@conntrack/flow';
import type { Context } from '../context.js';
import { say } from '../io.js';
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

/** One flow: a line, a JSON object, a whole document. */
export async function writeFlow(context: Context, format: OutputFormat, flow: Flow): Promise<void> {
  const line = format.line(flow);
  // A single answer in JSON is the object itself, as over HTTP.
  await context.output.write(format.head.startsWith('[') ? `${line}\n` : format.head + line + format.tail);
  sayLosses(context, format);
}
