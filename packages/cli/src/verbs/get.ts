import type { Flow } from '@conntrack/flow';
import { type Table, TableError } from '@conntrack/table';
import { hasTuple, type TupleOptions, tupleOf } from '../options/tuple.js';
import { blockOf } from '../output/block.js';
import { OUTPUT_NAMES, outputFormat } from '../output/formats.js';
import { writeFlow } from '../output/write-flows.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { UsageError } from '../process/usage-error.js';
import { sameTuple } from '../source/same-tuple.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import { terminalOf } from '../terminal/terminal.js';

interface GetArguments extends SourceOptions, TupleOptions, DisplayOptions {
  reply?: boolean;
  output?: string;
}

/** Runs `ctctl get KEY` or `ctctl get --proto … --src … --dst … [--reply]`. */
export async function get({ io, output }: Context, key: string | undefined, options: GetArguments): Promise<number> {
  const terminal = terminalOf(io, options);
  const name = options.output?.toLowerCase() ?? (terminal.isTerminal ? 'block' : 'text');
  const format = name === 'block' ? undefined : await outputFormat(name, [...OUTPUT_NAMES, 'block']);
  if (key !== undefined && hasTuple(options)) throw new UsageError('use either a key or a tuple, not both');
  if (key === undefined && !hasTuple(options))
    throw new UsageError('get requires a key (ct1.…), or --proto, --src, --dst and the other parts of the tuple');
  const find =
    key !== undefined
      ? (table: Table) => table.get(key, { signal: io.signal })
      : (table: Table) => byTuple(table, options, io.signal);
  const flow = await withTable(io, options, find);
  if (format === undefined) await output.write(blockOf(flow, terminal));
  else await writeFlow({ io, output }, format, flow);
  return EXIT.ok;
}

/** Finds an entry by a tuple. The kernel finds it by either of its tuples; `--reply` says which one is meant. */
async function byTuple(table: Table, options: GetArguments, signal: AbortSignal): Promise<Flow> {
  const { tuple, ...rest } = tupleOf(options);
  const flow = await table.lookup({ ...rest, original: tuple }, { signal });
  if (flow === undefined) throw new TableError('FLOW_NOT_FOUND', 'no connection has this tuple');
  const wanted = options.reply === true ? 'reply' : 'original';
  if (sameTuple(flow[wanted], tuple)) return flow;
  throw new TableError(
    'FLOW_NOT_FOUND',
    options.reply === true
      ? 'no connection has this reply tuple; a connection has it in the original direction: remove --reply'
      : 'no connection has this original tuple; a connection has it in the reply direction: add --reply',
  );
}
