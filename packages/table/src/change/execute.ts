import type { FlowChange, FlowCursor } from '@conntrack/flow';
import { callback, type OptionRules, objectOf, text, whole } from '@conntrack/flow/checks';
import { type PlanResult, TableError } from '@conntrack/flow/table';
import { OPERATION_RULES } from '../option-rules.js';
import type { TableSource } from '../source/source.js';
import type { ExecuteOptions } from '../table-options.js';
import { countsOf, resultOf } from './plan-result.js';
import { countUp, type SelectedTargets } from './select-targets.js';
import { whySuccessor } from './successor.js';
import { EVIDENCE, type Target } from './target-store.js';
import { type VerifyOptions, verify } from './verify.js';

/** Options for executing a plan in this process. The signal stops between two batches; the error (STOPPED) contains what was done. */
export interface LocalExecuteOptions extends ExecuteOptions {
  /** Looks up the changed flows again after a delay, and reports which of them came back. */
  verify?: VerifyOptions;
}
export const EXECUTE_RULES: OptionRules<LocalExecuteOptions> = {
  ...OPERATION_RULES,
  verify: objectOf({ after: whole() } satisfies OptionRules<VerifyOptions>),
  live: callback,
  requestId: text,
};

const stillTheTarget = (now: FlowCursor, { [EVIDENCE]: evidence }: Target): string | undefined =>
  evidence && whySuccessor(now, evidence);

/** Makes the error for an interrupted change: its cause, and what was done before. */
function interrupted(error: unknown, count: number, result: PlanResult, signal: AbortSignal | undefined): TableError {
  const done = `${result.changed} of ${count} flows were changed`;
  const stopped = signal?.aborted === true;
  const why = error instanceof Error ? error.message : String(error);
  const code = stopped ? 'STOPPED' : error instanceof TableError ? error.code : 'SOURCE_FAILED';
  return new TableError(code, `${stopped ? 'stopped' : why}: ${done}, ${result.notAttempted} were not attempted`, {
    ...(error instanceof TableError && error.details),
    cause: error,
    result,
  });
}

/**
 * Makes the change on the selected targets, one batch at a time. @throws TableError with `result`: STOPPED by the signal, or the error of
 * the source
 */
export async function execute(
  source: TableSource,
  change: FlowChange | 'delete',
  found: SelectedTargets,
  { signal, verify: again, live }: LocalExecuteOptions,
): Promise<PlanResult> {
  const { targets } = found;
  const result = resultOf(found);
  live?.(result);
  const reasons = new Map<string, number>();
  // If the setting cannot be read, the default is assumed.
  const loose =
    change === 'delete' &&
    source.info.kind === 'kernel' &&
    [...found.breakdown.keys()].some(kind => kind.startsWith('tcp')) &&
    (await source.capabilities(signal)).tcpLoose !== false;
  const mark = targets.marker();
  const skips = new Map(found.skips);
  const check = targets.strict ? stillTheTarget : undefined;
  const outcomes =
    change === 'delete'
      ? source.deleteMany(targets.refs(), signal, check)
      : source.updateMany(targets.refs(), change, signal, check);
  try {
    for await (const outcome of outcomes) {
      result.notAttempted--;
      mark(outcome === 'changed');
      if (outcome === 'changed') result.changed++;
      else if (outcome === 'gone') result.gone++;
      else if ('skipped' in outcome) {
        result.skipped++;
        countUp(skips, outcome.skipped);
      } else {
        result.failed++;
        countUp(reasons, outcome.failed.message);
      }
    }
  } catch (error) {
    throw interrupted(error, found.affected, finish(), signal);
  }
  function finish(): PlanResult {
    result.failures = countsOf(reasons);
    result.skips = countsOf(skips);
    if (loose && result.changed > 0)
      result.warnings.push(
        'a TCP connection that continues to send gets a new entry while net.netfilter.nf_conntrack_tcp_loose is 1 (default)',
      );
    return result;
  }
  finish();
  if (again !== undefined)
    try {
      result.verified = await verify(source, targets, change, result.changed, { ...again, signal });
    } catch (error) {
      throw interrupted(error, found.affected, result, signal);
    }
  return result;
}
