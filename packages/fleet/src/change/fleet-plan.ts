import type { FlowChange } from '@conntrack/flow';
import { type BulkResult, type FleetMeta, type PlanResult, type PlanSummary, TableError } from '@conntrack/flow/table';
import type { ExecuteOptions, Plan } from '@conntrack/table';
import { named } from '../ask/named.js';
import { executeOn } from './execute-on.js';
import { type Executed, executed, type NodePlan, totalOf } from './outcome.js';

/** How a plan of a fleet is made and executed. */
export interface FleetPlanOptions {
  readonly change: FlowChange | 'delete';
  /** The filters of the caller in canonical text. */
  readonly filters: readonly string[];
  /** When the plan expires by the clock of this process: nodes can have other clocks. */
  readonly expires: number;
  readonly refusal: TableError | undefined;
  /** Maximum number of flows to show. */
  readonly sample: number;
  /** Number of nodes on which the plan is executed; the others are skipped. Default: all. */
  readonly first: number | undefined;
  /** Milliseconds without progress after which a node counts as silent. */
  readonly deadline: number;
  readonly now: () => number;
  /** Which nodes made a plan. */
  readonly fleet: FleetMeta;
}

const sum = (plans: readonly NodePlan[], read: (plan: Plan) => number): number =>
  plans.reduce((total, { plan }) => total + read(plan), 0);

/** Adds up counts by name. */
function added(parts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total = new Map<string, number>();
  for (const part of parts)
    for (const [name, count] of Object.entries(part)) total.set(name, (total.get(name) ?? 0) + count);
  return Object.fromEntries([...total].sort(([, one], [, other]) => other - one));
}

/** A plan on each node of a fleet. It is executed on each node by itself: there is no transaction over several nodes. */
export class FleetPlan implements Plan {
  readonly id = crypto.randomUUID();
  readonly change: FlowChange | 'delete';
  readonly count: number;
  readonly matched: number;
  readonly skipped: number;
  readonly skips: PlanSummary['skips'];
  readonly breakdown: PlanSummary['breakdown'];
  readonly sample: PlanSummary['sample'];
  readonly filters: PlanSummary['filters'];
  readonly expires: number;
  readonly bytes: number;
  readonly refusal: TableError | undefined;
  readonly nodes: NonNullable<PlanSummary['nodes']>;
  readonly fleet: FleetMeta;
  readonly #plans: readonly NodePlan[];
  readonly #options: FleetPlanOptions;
  #used = false;

  constructor(plans: readonly NodePlan[], options: FleetPlanOptions) {
    this.#plans = plans;
    this.#options = options;
    this.change = options.change;
    this.expires = options.expires;
    this.refusal = options.refusal;
    this.fleet = options.fleet;
    this.count = sum(plans, ({ count }) => count);
    this.matched = sum(plans, ({ matched }) => matched);
    this.skipped = sum(plans, ({ skipped }) => skipped);
    this.bytes = sum(plans, ({ bytes }) => bytes);
    const skips = added(plans.map(({ plan }) => Object.fromEntries(plan.skips.map(each => [each.reason, each.count]))));
    this.skips = Object.entries(skips).map(([reason, count]) => ({ reason, count }));
    this.breakdown = added(plans.map(({ plan }) => plan.breakdown));
    this.filters = filtersOf(plans, options.filters);
    this.nodes = plans.map(({ member, plan }) => ({ node: member.id, count: plan.count }));
    this.sample = sampleOf(plans, options.sample);
  }

  /** The result of a dry run. */
  preview(): BulkResult {
    const { notAttempted: _, nodes: __, ...counts } = totalOf(this, this.#plans, new Map());
    return { ...counts, dryRun: true, sample: [...this.sample] };
  }

  /** Executes the plan of each node. @throws TableError PLAN_USED, PLAN_EXPIRED, the `refusal`; with `details.result` STOPPED */
  async execute(options: ExecuteOptions = {}): Promise<PlanResult> {
    const { signal, live, requestId } = options;
    const { now, deadline, first = this.#plans.length } = this.#options;
    signal?.throwIfAborted();
    if (this.#used) throw new TableError('PLAN_USED', 'this plan was already executed. Create a new one');
    if (this.refusal !== undefined) throw this.refusal;
    if (now() >= this.expires)
      throw new TableError('PLAN_EXPIRED', 'this plan has expired; nothing was changed. Create a new one');
    this.#used = true;
    const done = new Map<NodePlan, Executed>();
    const growing = live && totalOf(this, this.#plans, done);
    if (growing !== undefined) live?.(growing);
    await Promise.all(
      this.#plans.map(async (each, i) => {
        done.set(
          each,
          i < first ? await executeOn(each, { deadline, signal, requestId }) : executed(each, { state: 'skipped' }),
        );
        if (growing !== undefined) Object.assign(growing, totalOf(this, this.#plans, done));
      }),
    );
    const result = totalOf(this, this.#plans, done);
    if (signal?.aborted)
      throw new TableError('STOPPED', `stopped: ${result.changed} of ${this.count} flows were changed`, {
        cause: signal.reason,
        result,
      });
    return result;
  }
}

/** The filters with the number of flows that match them on all nodes. */
const filtersOf = (plans: readonly NodePlan[], filters: readonly string[]): PlanSummary['filters'] =>
  filters.map((filter, place) => ({
    filter,
    matched: plans.reduce((total, { plan, places }) => total + (plan.filters[places.indexOf(place)]?.matched ?? 0), 0),
  }));

/** Some flows of each node: the first of all nodes, then the second … */
function sampleOf(plans: readonly NodePlan[], limit: number): PlanSummary['sample'] {
  const sample: PlanSummary['sample'][number][] = [];
  for (let i = 0; sample.length < limit && plans.some(({ plan }) => i < plan.sample.length); i++)
    for (const { member, plan } of plans)
      if (i < plan.sample.length && sample.length < limit) sample.push(named(member.id, plan.sample[i]!));
  return sample;
}
