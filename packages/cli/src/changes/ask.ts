import type { Table } from '@conntrack/table';
import type { BulkArguments } from '../options/bulk.js';
import type { Context } from '../process/context.js';
import { entries } from '../process/interruption.js';
import { type Io, say } from '../process/io.js';
import { confirmed } from '../terminal/confirm.js';
import type { ChangeOutput } from './change-output.js';
import { type Preview, sayPreview } from './preview.js';
import { type Change, WORDS } from './words.js';

/** Number of entries that a question shows. */
export const SHOWN = 10;

/** Whether a person is asked before a change. */
export const asks = (io: Io, { yes }: Pick<BulkArguments, 'yes'>): boolean => io.interactive && !yes;

/** Shows what a change would do, and asks whether it should be made. */
export async function asked(
  context: Context,
  table: Table,
  preview: Preview,
  { verb, output }: { readonly verb: Change; readonly output: ChangeOutput },
): Promise<boolean> {
  const { io } = context;
  sayPreview(context, preview, output);
  const yes = await confirmed(io, `${WORDS[verb].ask} ${entries(preview.count)} of ${table.source.name}?`);
  if (!yes) say(io, `nothing was ${verb}`);
  return yes;
}
