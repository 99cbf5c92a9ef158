import type { FleetMeta, TableStats } from '@conntrack/flow/table';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { UsageError } from '../process/usage-error.js';
import { withFleet } from '../source/fleet/open-fleet.js';
import type { FleetArguments } from '../source/fleet/options.js';

/** The options of `ctctl fleet`. */
export interface FleetVerbArguments extends FleetArguments {
  output?: string;
}

/** Runs `ctctl fleet status` and `ctctl fleet demo`. */
export async function fleet(
  context: Context,
  [what = 'status']: readonly string[],
  options: FleetVerbArguments,
): Promise<number> {
  if (what === 'demo') return (await import('../fleet/demo.js')).fleetDemo(context);
  if (what !== 'status') throw new UsageError(`fleet: unknown command '${what}'. Commands: status, demo`);
  if (options.fleetFile === undefined) throw new UsageError('fleet status requires --fleet-file');
  return status(context, options);
}

/** One host in the output. */
interface Row {
  readonly node: string;
  readonly state: string;
  readonly entries?: number;
  readonly max?: number;
  readonly detail?: string;
}

const rowsOf = ({ nodes = {} }: Pick<TableStats, 'nodes'>, { silent, failed }: FleetMeta): Row[] =>
  [
    ...Object.entries(nodes).map(([node, { count, max }]) => ({
      node,
      state: 'ok',
      entries: count,
      ...(max !== undefined && { max }),
    })),
    ...silent.map(node => ({ node, state: 'silent' })),
    ...failed.map(({ node, code, detail }) => ({ node, state: code, ...(detail !== undefined && { detail }) })),
  ].sort((one, other) => (one.node < other.node ? -1 : 1));

/** Prints each host of the fleet: whether it answers, and how full its table is. */
async function status({ io, output }: Context, options: FleetVerbArguments): Promise<number> {
  const { output: format = 'table' } = options;
  if (format !== 'table' && format !== 'json') throw new UsageError(`--output: must be table or json, got '${format}'`);
  return withFleet(io, options, async table => {
    // A fleet without any answer has a status, too.
    const stats = await table.stats({ signal: io.signal }).catch((error: unknown) => {
      if (table.meta().asked === 0) throw error;
      return { nodes: {} };
    });
    const meta = table.meta();
    const rows = rowsOf(stats, meta);
    await output.write(format === 'json' ? `${JSON.stringify({ nodes: rows, fleet: meta })}\n` : tableOf(rows));
    return EXIT.ok;
  });
}

const HEAD = ['HOST', 'STATE', 'ENTRIES', 'MAXIMUM', ''];

function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ node, state, entries = '-', max = '-', detail = '' }) =>
    [node, state, entries, max, detail].map(String),
  );
  const widths = HEAD.map((title, i) => Math.max(title.length, ...cells.map(row => row[i]!.length)));
  return [HEAD, ...cells]
    .map(
      row =>
        `${row
          .map((cell, i) => (i === 2 || i === 3 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
