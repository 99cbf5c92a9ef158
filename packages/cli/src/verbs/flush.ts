import { type BulkResult, type FlushResult, flushFilter, type Table, type TableFlushScope } from '@conntrack/table';
import { ownSession, sessionText } from '../changes/own-session.js';
import { summary } from '../changes/report.js';
import { familyName } from '../options/values/names.js';
import { integer16, maskedMark } from '../options/values/numbers.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing } from '../process/interruption.js';
import { type Io, say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { noteCopy, type SourceOptions, withTable } from '../source/source.js';
import { confirmed } from '../terminal/confirm.js';

interface FlushArguments extends SourceOptions {
  yes?: boolean;
  family?: string;
  zone?: string;
  mark?: string;
}

/** Runs `ctctl flush`. */
export async function flush({ io }: Context, options: FlushArguments): Promise<number> {
  const scope = scopeOf(options);
  const what = wording(scope);
  return withTable(
    io,
    options,
    async table => {
      const { name } = table.source;
      if (!options.yes && !io.interactive) throw new UsageError(`flush deletes ${what} of ${name}. Confirm with --yes`);
      return changing(io, 'deleted', async note => {
        if (!options.yes && !(await confirmed(io, await questionOf(io, table, scope)))) {
          say(io, 'nothing was deleted');
          return EXIT.failed;
        }
        // A flush is one operation, which cannot be stopped once it was requested.
        note(`a flush of ${what} was requested, and its outcome is unknown`);
        const result = await table.flush(scope, { signal: io.signal });
        const done = result === undefined ? `${what} deleted` : summary('deleted', flushed(result));
        note(done);
        say(io, done);
        noteCopy(io, table);
        return EXIT.ok;
      });
    },
    { changes: true },
  );
}

/** The question before a flush, with the number of entries. */
async function questionOf(io: Io, table: Table, scope: TableFlushScope): Promise<string> {
  const { signal } = io;
  const count = await table.count({ filter: flushFilter(scope), signal });
  const own = await ownSession(io, table);
  if (own !== undefined) say(io, `note: your own SSH session ${sessionText(own)} is in this table`);
  return `Delete ${wording(scope, count)} of ${table.source.name}?`;
}

/** The counts of a flush that deleted entries one by one. */
const flushed = (result: FlushResult): BulkResult => ({
  ...result,
  ...{ dryRun: false, breakdown: {}, failures: [], warnings: [] },
  skips: result.skipped === 0 ? [] : [{ reason: 'skipped', count: result.skipped }],
});

/** The scope of the flush. @throws UsageError */
function scopeOf({ family, zone, mark }: FlushArguments): TableFlushScope {
  if (family === undefined && zone === undefined && mark === undefined) return { all: true };
  const masked = mark === undefined ? undefined : maskedMark(mark, '--mark');
  return {
    ...(family !== undefined && { family: familyName(family) }),
    ...(zone !== undefined && { zone: integer16(zone, '--zone') }),
    ...(masked !== undefined && { mark: masked.mark }),
    ...(masked?.mask !== undefined && { markMask: masked.mask }),
  };
}

/** The entries of a scope, with their number if it is known. */
function wording(scope: TableFlushScope, count?: number): string {
  const all = count === undefined ? 'all' : count === 1 ? 'the only' : `all ${count}`;
  const entries = count === 1 ? 'entry' : 'entries';
  if (scope.all) return `${all} ${entries}`;
  const parts = [
    scope.zone !== undefined && `in zone ${scope.zone}`,
    scope.mark !== undefined &&
      `with mark ${scope.mark}${scope.markMask === undefined ? '' : `/0x${scope.markMask.toString(16)}`}`,
  ].filter(part => part !== false);
  const family = scope.family === undefined ? '' : `${scope.family === 'ipv4' ? 'IPv4' : 'IPv6'} `;
  return [`${all} ${family}${entries}`, ...parts].join(' ');
}
