import { once } from 'node:events';
import type { TableFlushScope } from '@conntrack/table';
import { familyName } from '../options/values/names.js';
import { integer16, maskedMark } from '../options/values/numbers.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing } from '../process/interruption.js';
import { type Io, say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { noteCopy, type SourceOptions, withTable } from '../source/source.js';

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
      if (!options.yes) {
        if (!io.interactive) throw new UsageError(`flush deletes ${what} of ${table.source.name}. Confirm with --yes`);
        if (!(await confirmed(io, `delete ${what} of ${table.source.name}? [y/N] `))) {
          say(io, 'nothing was deleted');
          return EXIT.failed;
        }
      }
      return changing(io, 'deleted', async note => {
        // The kernel flushes its table in one operation, which cannot be stopped.
        await table.flush(scope, { signal: io.signal });
        note(`${what} deleted`);
        say(io, `${what} deleted`);
        noteCopy(io, table);
        return EXIT.ok;
      });
    },
    { changes: true },
  );
}

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

function wording(scope: TableFlushScope): string {
  if (scope.all) return 'all entries';
  const parts = [
    scope.zone !== undefined && `in zone ${scope.zone}`,
    scope.mark !== undefined &&
      `with mark ${scope.mark}${scope.markMask === undefined ? '' : `/0x${scope.markMask.toString(16)}`}`,
  ].filter(part => part !== false);
  const family = scope.family === undefined ? '' : `${scope.family === 'ipv4' ? 'IPv4' : 'IPv6'} `;
  return [`all ${family}entries`, ...parts].join(' ');
}

async function confirmed(io: Io, question: string): Promise<boolean> {
  // The terminal does the line editing, so that Ctrl-C is a signal as usual.
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  try {
    const ended = once(lines, 'close').then(() => '');
    const answer = await Promise.race([lines.question(question, { signal: io.signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
