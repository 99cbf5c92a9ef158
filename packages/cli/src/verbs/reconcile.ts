import { changeMany } from '../changes/change-many.js';
import { exclusionsOf } from '../changes/exclusions.js';
import { limitsOf } from '../options/bulk.js';
import { filterOf } from '../options/filter-argument.js';
import { type KeepArguments, keptOf } from '../options/keep.js';
import type { Context } from '../process/context.js';
import { withTable } from '../source/source.js';
import { type ResultArguments, resultOutput } from './drain.js';

/** Runs `ctctl reconcile --scope FILTER --keep FILE`. */
export async function reconcile(
  context: Context,
  options: ResultArguments & KeepArguments & { scope: string },
): Promise<number> {
  const { io } = context;
  const output = await resultOutput(io, options, 'reconcile');
  const scope = await filterOf(io, [options.scope], 'change');
  const keep = await keptOf(io, options);
  const limits = limitsOf(options);
  return withTable(
    io,
    options,
    async table => {
      const exclusions = await exclusionsOf(io, table, options, { ends: true });
      const kept = [...keep, ...exclusions.map(({ filter }) => filter)];
      return changeMany(context, table, {
        ...{ verb: 'deleted', filter: scope, limits, options, output },
        // They are kept like the others, and not counted.
        exclusions: [],
        plan: (filter, how) => table.planReconcile({ scope: filter, keep: kept }, how),
      });
    },
    { changes: true },
  );
}
