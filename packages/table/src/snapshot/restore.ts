import type { Flow } from '@conntrack/flow';
import { callback, flag, type OptionRules, whole } from '@conntrack/flow/checks';
import { type RestoreReport, TableError } from '@conntrack/flow/table';
import { type Chunks, captureBatches, type ParseError } from '@conntrack/parser/capture';
import { conflictingEntry } from '../change/conflicting-entry.js';
import { OPERATION_RULES } from '../option-rules.js';
import { isSourceFailure } from '../source/require-connection.js';
import type { TableSource } from '../source/source.js';
import type { RestoreOptions } from '../table-options.js';
import { lostOf, newFlowOf } from './new-flow-of.js';

/** Maximum number of examples for a reason. */
const EXAMPLES = 5;
/** Maximum number of distinct reasons. The others are counted together. */
const REASONS = 50;
/** Maximum number of flows of helpers' connections that wait for their masters at the same time. */
const MAX_RELATED = 10_000;

/** Options for restoring a snapshot in this process. */
export interface LocalRestoreOptions extends Omit<RestoreOptions, 'onBadLine'> {
  onBadLine?: (error: ParseError) => void;
  /** Maximum number of flows. One more throws TOO_MANY_AFFECTED; the flows before it have been created. */
  maxFlows?: number;
}
export const RESTORE_RULES: OptionRules<LocalRestoreOptions> = {
  ...OPERATION_RULES,
  onBadLine: callback,
  dryRun: flag,
  maxFlows: whole(),
  live: callback,
};

/**
 * Creates the entry of a flow, or checks whether it could be created, and adds the outcome to the report. @throws TableError if the whole
 * source fails
 */
async function make(source: TableSource, flow: Flow, report: RestoreReport, signal: AbortSignal | undefined) {
  try {
    const wanted = newFlowOf(flow);
    let dropped: readonly { field: string }[] = [];
    if (report.ready === undefined) {
      dropped = await source.create(wanted, signal);
      report.created++;
    } else {
      if ((await conflictingEntry(source, wanted, signal)) !== undefined) report.existed++;
      else report.ready++;
    }
    for (const field of new Set([...lostOf(flow), ...dropped.map(each => each.field)]))
      report.lost[field] = (report.lost[field] ?? 0) + 1;
  } catch (error) {
    if (isSourceFailure(error)) throw error;
    if ((error as TableError).code === 'FLOW_EXISTS') report.existed++;
    else refuse(report, error as TableError, flow);
  }
}

/**
 * Creates entries from a snapshot, in any format that `@conntrack/parser` reads. A refused flow is not an error: it is counted with its
 * reason. Flows of helpers' connections come last, because their masters must exist.
 *
 * @throws ParseError for a bad line, except if `onBadLine` is given; TableError if the whole source fails, or TOO_MANY_AFFECTED
 */
export async function restore(
  source: TableSource,
  chunks: Chunks,
  options: LocalRestoreOptions,
): Promise<RestoreReport> {
  const { onBadLine, signal, live, dryRun, maxFlows = Number.POSITIVE_INFINITY } = options;
  const report: RestoreReport = {
    read: 0,
    created: 0,
    ...(dryRun && { ready: 0 }),
    existed: 0,
    refused: 0,
    refusals: [],
    badLines: 0,
    lost: {},
  };
  live?.(report);
  let related: Flow[] = [];
  const makeRelated = async (): Promise<void> => {
    const flows = related;
    related = [];
    for (const flow of flows) {
      signal?.throwIfAborted();
      await make(source, flow, report, signal);
    }
  };
  const batches = captureBatches(chunks, {
    ...(onBadLine ? { mode: 'tolerant', onBadLine } : { mode: 'strict' }),
    ...(signal && { signal }),
  });
  for await (const flows of batches) {
    report.badLines = batches.badLines;
    for (const flow of flows) {
      if (report.read === maxFlows)
        throw new TableError('TOO_MANY_AFFECTED', `there are more than ${maxFlows} flows, the maximum; split the text`);
      report.read++;
      if (flow.master === undefined) await make(source, flow, report, signal);
      else if (related.push(flow) >= MAX_RELATED) await makeRelated();
    }
  }
  report.badLines = batches.badLines;
  await makeRelated();
  return report;
}

function refuse(report: RestoreReport, error: TableError, flow: Flow): void {
  report.refused++;
  let refusal = report.refusals.find(({ reason }) => reason === error.message);
  if (refusal === undefined && report.refusals.length >= REASONS) refusal = report.refusals[REASONS - 1]!;
  if (refusal === undefined) {
    const reason = report.refusals.length === REASONS - 1 ? 'other reasons' : error.message;
    refusal = { code: error.code, reason, count: 0, examples: [] };
    report.refusals.push(refusal);
  }
  refusal.count++;
  if (refusal.examples.length < EXAMPLES) refusal.examples.push(flow);
}
