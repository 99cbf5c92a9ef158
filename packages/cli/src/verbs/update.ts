import type { FlowChange } from '@conntrack/flow';
import { type ChangeArguments, changeFlows } from '../changes/change-flows.js';
import { labelBits } from '../options/values/labels.js';
import { statusList } from '../options/values/names.js';
import { maskedMark, seconds } from '../options/values/numbers.js';
import type { Context } from '../process/context.js';
import { UsageError } from '../process/usage-error.js';

interface UpdateArguments extends ChangeArguments {
  mark?: string;
  timeout?: string;
  status?: string;
  labels?: string;
  labelAdd?: string;
  labelDel?: string;
  detachHelper?: boolean;
}

/** Runs `ctctl update KEY --mark …` or `ctctl update FILTER… --timeout …`. */
export const update = async (context: Context, words: readonly string[], options: UpdateArguments): Promise<number> =>
  changeFlows(context, words, options, await changeOf(options));

/** The change that the options describe. @throws UsageError if there is none */
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
      throw new UsageError('--labels sets all labels. It cannot be combined with --label-add or --label-del');
    change.labels = await labelBits(options.labels, '--labels');
  } else if (options.labelAdd !== undefined || options.labelDel !== undefined) {
    const added = await labelBits(options.labelAdd ?? '', '--label-add');
    change.labels = added;
    change.labelsMask = [...new Set([...added, ...(await labelBits(options.labelDel ?? '', '--label-del'))])];
  }
  if (options.detachHelper) change.helper = '';
  if (Object.keys(change).length === 0)
    throw new UsageError(
      'nothing to change. Use --mark, --timeout, --status, --labels, --label-add, --label-del or --detach-helper',
    );
  return change;
}
