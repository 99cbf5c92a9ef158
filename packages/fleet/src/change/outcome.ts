import type { BulkResult, NodeOutcome, PlanResult, PlanSummary } from '@conntrack/flow/table';
import type { Plan } from '@conntrack/table';
import type { Member } from '../member.js';

/** The plan of one node. */
export interface NodePlan {
  readonly member: Member;
  readonly plan: Plan;
  /** The places of the plan's filters among those of the caller. */
  readonly places: readonly number[];
}

/** What a node did. */
export interface Executed {
  readonly outcome: NodeOutcome;
  /** The counts that the node returned, if it did. */
  readonly result?: Readonly<BulkResult>;
}

/** Makes the outcome of a node. */
export const executed = (
  { member, plan }: NodePlan,
  what: Pick<NodeOutcome, 'state' | 'code' | 'detail'>,
  result?: Readonly<BulkResult>,
): Executed => ({
  outcome: {
    node: member.id,
    count: plan.count,
    ...(result && { changed: result.changed, gone: result.gone, failed: result.failed }),
    ...what,
  },
  ...(result && { result }),
});

type Reasons = PlanSummary['skips'];

const joined = (parts: readonly Reasons[]): BulkResult['skips'] => {
  const total = new Map<string, number>();
  for (const { reason, count } of parts.flat()) total.set(reason, (total.get(reason) ?? 0) + count);
  return [...total].map(([reason, count]) => ({ reason, count }));
};

/** Adds up what the nodes did so far. What a node did not say counts as not attempted. */
export function totalOf(
  { matched, breakdown, fleet }: PlanSummary,
  plans: readonly NodePlan[],
  done: ReadonlyMap<NodePlan, Executed>,
): PlanResult {
  const results = plans.flatMap(plan => done.get(plan)?.result ?? []);
  const sum = (name: 'changed' | 'gone' | 'failed'): number => results.reduce((total, each) => total + each[name], 0);
  // The result of a node also counts what was skipped when its plan was made.
  const skipping = plans.map(each => done.get(each)?.result ?? each.plan);
  const left = plans.map(each => leftOf(each.plan, done.get(each)?.result));
  return {
    ...{ dryRun: false, matched, changed: sum('changed'), gone: sum('gone'), failed: sum('failed') },
    skipped: skipping.reduce((total, { skipped }) => total + skipped, 0),
    skips: joined(skipping.map(({ skips }) => skips)),
    breakdown: { ...breakdown },
    failures: joined(results.map(({ failures }) => failures)),
    warnings: [...new Set(results.flatMap(({ warnings }) => warnings))],
    nodes: plans.flatMap(plan => done.get(plan)?.outcome ?? []),
    ...(fleet && { fleet }),
    notAttempted: left.reduce((total, each) => total + each, 0),
  };
}

const leftOf = (plan: Plan, result: Readonly<BulkResult> | undefined): number =>
  result === undefined
    ? plan.count
    : plan.count - result.changed - result.gone - result.failed - (result.skipped - plan.skipped);
