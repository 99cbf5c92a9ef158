import type { Flow } from '@conntrack/flow';
import type { OutputFormat } from './formats.js';
import type { Output } from './output.js';

/** Writes flows as they come; answers how many there were. */
export async function writeFlows(
  output: Output,
  format: OutputFormat,
  batches: AsyncIterable<readonly Flow[]>,
): Promise<number> {
  let count = 0;
  for await (const batch of batches) {
    if (batch.length === 0) continue;
    const before = count === 0 ? format.head : format.separator;
    count += batch.length;
    await output.write(before + batch.map(flow => format.line(flow)).join(format.separator));
  }
  await output.write(count === 0 ? format.empty : format.tail);
  return count;
}

/** One flow: a line, a JSON object, a whole document. */
export async function writeFlow(output: Output, format: OutputFormat, flow: Flow): Promise<void> {
  const line = format.line(flow);
  // A single answer in JSON is the object itself, as over HTTP.
  await output.write(format.head.startsWith('[') ? `${line}\n` : format.head + line + format.tail);
}
