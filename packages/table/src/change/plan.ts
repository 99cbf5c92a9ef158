import { type Filter, normalize } from '@conntrack/filter';
import type { Flow, FlowChange } from '@conntrack/flow';
import { checkFlowChange, checkOptions } from '@conntrack/flow/checks';
import { type PlanResult, TableError } from '@conntrack/flow/table';
import { invalidChange } from '../option-rules.js';
import { checkAvailable } from '../source/requirements.js';
import type { Plan } from '../table.js';
import { type ChangeContext, withSkipped } from './change-context.js';
import type { LocalPlanOptions } from './change-options.js';
import { EXECUTE_RULES, execute, type LocalExecuteOptions } from './execute.js';
import { checkLimits, DEFAULT_MAX_AFFECTED, refusalOf } from './limits.js';
import { resultOf } from './plan-result.js';
import { type SelectedTargets, selectTargets } from './select-targets.js';

/** How long a plan can be executed, in milliseconds. After that, what it found is considered outdated. */
export const PLAN_LIFE = 60_000;
/** Default number of flows that a plan shows. */
const SAMPLE = 100;

/** A plan in this process, whose execution can be observed and verified. */
export interface LocalPlan extends Plan {
  execute(options?: LocalExecuteOptions): Promise<PlanResult>;
}

class SourcePlan implements LocalPlan {
  readonly id = crypto.randomUUID();
  readonly count: number;
  readonly matched: number;
  readonly skipped: number;
  readonly skips: Plan['skips'];
  readonly breakdown: Plan['breakdown'];
  readonly sample: readonly Flow[];
  readonly filters: Plan['filters'];
  readonly expires: number;
  readonly bytes: number;
  readonly refusal: TableError | undefined;
  readonly #context: ChangeContext;
  readonly #found: SelectedTargets;
  #used = false;

  constructor(
    context: ChangeContext,
    readonly change: FlowChange | 'delete',
    found: SelectedTargets,
    options: LocalPlanOptions,
  ) {
    this.#context = context;
    this.#found = found;
    const { skips, skipped, breakdown } = resultOf(found);
    this.count = found.affected;
    this.matched = found.matched;
    this.skipped = skipped;
    this.skips = skips;
    this.breakdown = breakdown;
    this.sample = found.sample;
    this.filters = found.filters;
    this.bytes = found.targets.bytes;
    this.expires = context.clock() + (options.life ?? PLAN_LIFE);
    this.refusal = refusalOf(found.affected, options);
  }

  async execute(options: LocalExecuteOptions = {}): Promise<PlanResult> {
    checkOptions('execute', options, EXECUTE_RULES);
    options.signal?.throwIfAborted();
    if (this.#used) throw new TableError('PLAN_USED', 'this plan was already executed. Create a new one');
    if (this.refusal !== undefined) throw this.refusal;
    if (this.#context.clock() >= this.expires)
      throw new TableError('PLAN_EXPIRED', 'this plan has expired; nothing was changed. Create a new one');
    this.#used = true;
    try {
      return await execute(this.#context.source, this.change, this.#found, options);
    } finally {
      this.#found.targets.clear();
    }
  }
}

/** Finds the flows that a change would affect, and changes nothing. @throws TableError FILTER_REQUIRED, FIELD_UNAVAILABLE */
export async function makePlan(
  context: ChangeContext,
  filter: Filter | readonly Filter[],
  change: FlowChange | 'delete',
  options: LocalPlanOptions = {},
): Promise<LocalPlan> {
  const { source } = context;
  const { signal, skip, strict = false, maxAffected = DEFAULT_MAX_AFFECTED, sample = SAMPLE } = options;
  checkLimits(options);
  if (change !== 'delete') {
    checkFlowChange(change, invalidChange);
    await source.checkChange?.(change);
  }
  // In normal form, an `and` without terms is the filter that every flow matches.
  const filters = ('kind' in filter ? [filter] : filter).map(normalize);
  if (filters.length === 0 || (!context.whole && filters.some(({ kind }) => kind === 'all')))
    throw new TableError('FILTER_REQUIRED', 'a bulk change requires a filter. To empty the table, flush it');
  for (const each of filters) await checkAvailable(source, { filter: each, change: true, ...(signal && { signal }) });
  const exclusions = withSkipped(context.exclusions, skip);
  const found = await selectTargets(source, { filters, maxAffected, sample, exclusions, strict, signal });
  return new SourcePlan(context, change, found, options);
}
