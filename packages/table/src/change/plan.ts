import { randomUUID } from 'node:crypto';
import { type Filter, normalize } from '@conntrack/filter';
import { checkFlowChange, checkOptions, type Flow, type FlowChange } from '@conntrack/flow';
import { TableError } from '../errors.js';
import { EXECUTE, invalidChange } from '../options.js';
import { checkAvailable } from '../source/requirements.js';
import type { TableSource } from '../source/source.js';
import type { BulkOptions } from './bulk.js';
import { type ExecuteOptions, execute, type PlanResult, resultOf } from './execute.js';
import { checkLimits, DEFAULT_MAX_AFFECTED, refusalOf } from './limits.js';
import { aim, type Found, type Sparing } from './select-targets.js';

/** How long a plan can be executed, in milliseconds: what was seen grows old. */
export const PLAN_LIFE = 60_000;
/** Flows that a plan shows. */
const SAMPLE = 100;

/** How a plan is made. */
export interface PlanOptions extends Omit<BulkOptions, 'dryRun'> {
  /** Milliseconds until it expires (60,000 unless told). */
  life?: number;
  /** Flows to show, at most (100 unless told). */
  sample?: number;
}

/** What a plan needs of its table. */
export interface PlanContext {
  readonly source: TableSource;
  readonly sparing: readonly Sparing[];
  /** A flush: the filter that lets everything through is meant. */
  readonly whole?: true;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** A change of many flows that was looked at and not yet made: it touches those flows that it saw, and no other. */
export interface Plan {
  readonly id: string;
  readonly change: FlowChange | 'delete';
  /** Flows that it would touch. */
  readonly count: number;
  /** Flows that match, those spared included. */
  readonly matched: number;
  /** Flows that are left alone, and why. */
  readonly skipped: number;
  readonly skips: readonly { reason: string; count: number }[];
  /** Flows that it would touch by protocol and, where it has one, state: `tcp ESTABLISHED`. */
  readonly breakdown: Readonly<Record<string, number>>;
  /** Up to 100 of them. */
  readonly sample: readonly Flow[];
  /** Each filter in canonical text, with how many flows match it. A flow that matches two counts in both, and is touched once. */
  readonly filters: readonly { filter: string; matched: number }[];
  /** When it expires, in milliseconds since 1970. */
  readonly expires: number;
  /** What the plan's targets take up in memory. */
  readonly bytes: number;
  /** Why it cannot be executed: TOO_MANY_AFFECTED, EXPECT_MISMATCH. `execute` throws it. */
  readonly refusal: TableError | undefined;
  /**
   * Makes the change, once, in batches. A flow that ended or was replaced since is counted as gone; one that a strict plan takes for a successor as skipped.
   *
   * @throws TableError PLAN_EXPIRED, PLAN_USED, the `refusal`; with `details.result` STOPPED or what the source failed with.
   */
  execute(options?: ExecuteOptions): Promise<PlanResult>;
}

class BulkPlan implements Plan {
  readonly id = randomUUID();
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
  readonly #context: PlanContext;
  readonly #found: Found;
  #used = false;

  constructor(
    context: PlanContext,
    readonly change: FlowChange | 'delete',
    found: Found,
    options: PlanOptions,
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

  async execute(options: ExecuteOptions = {}): Promise<PlanResult> {
    checkOptions('execute', options, EXECUTE);
    options.signal?.throwIfAborted();
    if (this.#used) throw new TableError('PLAN_USED', 'this plan was executed already; make a new one');
    if (this.refusal !== undefined) throw this.refusal;
    if (this.#context.clock() >= this.expires)
      throw new TableError('PLAN_EXPIRED', 'this plan has expired, and nothing was changed; make a new one');
    this.#used = true;
    try {
      return await execute(this.#context.source, this.change, this.#found, options);
    } finally {
      this.#found.targets.clear();
    }
  }
}

/** Looks which flows a change would hit, and changes nothing. @throws TableError FILTER_REQUIRED, FIELD_UNAVAILABLE */
export async function makePlan(
  context: PlanContext,
  filter: Filter | readonly Filter[],
  change: FlowChange | 'delete',
  options: PlanOptions = {},
): Promise<Plan> {
  const { source } = context;
  const { signal, spare, strict = false, maxAffected = DEFAULT_MAX_AFFECTED, sample = SAMPLE } = options;
  checkLimits(options);
  if (change !== 'delete') {
    checkFlowChange(change, invalidChange);
    await source.checkChange?.(change);
  }
  // In normal form an `and` of nothing is the filter that lets everything through.
  const filters = ('kind' in filter ? [filter] : filter).map(normalize);
  if (filters.length === 0 || (!context.whole && filters.some(({ kind }) => kind === 'all')))
    throw new TableError('FILTER_REQUIRED', 'a change of many flows needs a filter; to empty the table, flush it');
  for (const each of filters) await checkAvailable(source, { filter: each, ...(signal && { signal }) });
  const sparing = [
    ...context.sparing,
    ...(spare === undefined ? [] : [{ reason: 'spared by this call', test: spare }]),
  ];
  const found = await aim(source, { filters, maxAffected, sample, spare: sparing, strict, signal });
  return new BulkPlan(context, change, found, options);
}
