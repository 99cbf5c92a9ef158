import type { FlowChange } from '@conntrack/flow';
import { type BulkArguments, limitsOf } from '../bulk-options.js';
import { changeMany } from '../change-many.js';
import { checkOne } from '../change-one.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { changing } from '../interruption.js';
import { say } from '../io.js';
import { outputFormat } from '../output/formats.js';
import { writeFlow } from '../output/write-flows.js';
import { selectionOf } from '../selection.js';
import { noteCopy, type SourceOptions, withTable } from '../source.js';
import { UsageError } from '../usage-error.js';
import { labelBits } from '../values/labels.js';
import { statusList } from '../values/names.js';
import { maskedMark, seconds } from '../values/numbers.js';

interface UpdateArguments extends SourceOptions, BulkArguments {
  mark?: string;
  timeout?: string;
  status?: string;
  labels?: string;
  labelAdd?: string;
  labelDel?: string;
  detachHelper?: boolean;
  output: string;
}

/** `ctctl update KEY --mark …`, `ctctl update FILTER… --timeout …` */
export async function update(context: Context, words: readonly string[], options: UpdateArguments): Promise<number> {
  const { io, output } = context;
  const { signal } = io;
  const format = await outputFormat(options.output);
  const selection = await selectionOf(io, words, 'update');
  const limits = limitsOf(options);
  const dryRun = options.dryRun === true;
  const change = await changeOf(options);
  return withTable(io, options, async table => {
    if ('filter' in selection) {
      const { filter } = selection;
      return changeMany(context, table, {
        verb: 'updated',
        filter,
        change,
        limits,
        dryRun,
        format: options.output,
      });
    }
    const { key } = selection;
    const flow = await table.get(key, { signal });
    checkOne(table, limits);
    if (dryRun) {
      await writeFlow({ io, output }, format, flow);
      say(io, '1 entry would be updated');
      return EXIT.ok;
    }
    return changing(io, 'updated', async note => {
      const updated = await table.update(flow, change, { signal });
      note('1 entry updated');
      await writeFlow({ io, output }, format, updated);
      noteCopy(io, table);
      return EXIT.ok;
    });
  });
}

/** The change that the options describe. @throws UsageError when they describe none. */
async function changeOf(options: UpdateArguments): Promise<FlowChange> {
  const change: FlowChange = {};
  if (options.mark !== undefined) {
    const { mark, mask } = maskedMark(options.mark, '--mark');
    change.mark = mark;
    if (mask !== undefined) change.markMask = mask;
  }
  if (options.timeout !== undefined) change.timeout = seconds(options.timeout, '--timeout');
  if (options.status !== undefined) change.status = statusList(options.status);
  if (options.labels !== undefined) {
    if (options.labelAdd !== undefined || options.labelDel !== undefined)
      throw new UsageError('--labels says all labels; it does not go with --label-add or --label-del');
    change.labels = await labelBits(options.labels, '--labels');
  } else if (options.labelAdd !== undefined || options.labelDel !== undefined) {
    const added = await labelBits(options.labelAdd ?? '', '--label-add');
    change.labels = added;
    change.labelsMask = [...new Set([...added, ...(await labelBits(options.labelDel ?? '', '--label-del'))])];
  }
  if (options.detachHelper) change.helper = '';
  if (Object.keys(change).length === 0)
    throw new UsageError(
      'nothing to change; give --mark, --timeout, --status, --labels, --label-add, --label-del or --detach-helper',
    );
  return change;
}
