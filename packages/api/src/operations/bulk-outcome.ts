import { dryRunOf } from '@conntrack/client/protocol';
import { type BulkResult, type LocalPlan, type LocalPlanOptions, type Plan, TableError } from '@conntrack/table';
import { json } from '../http/context.js';
import { planAnswerOf } from '../plans/plan-answer.js';
import type { Exchange } from './operation.js';

/** The counts of a change, as responses and audit lines contain them. */
export const countsOf = (
  { matched, changed, gone, failed, skipped }: Readonly<BulkResult>,
  name: 'deleted' | 'updated',
) => ({
  matched,
  [name]: changed,
  gone,
  failed,
  skipped,
});

/** Waits for a change, and adds its counts to the audit line. A change that was stopped halfway has counts, too. */
export async function counted<T extends BulkResult | undefined>(
  exchange: Exchange,
  change: Promise<T>,
  name: 'deleted' | 'updated',
): Promise<T> {
  try {
    const result = await change;
    if (result !== undefined) exchange.audit(countsOf(result, name));
    return result;
  } catch (error) {
    if (error instanceof TableError && error.details.result !== undefined)
      exchange.audit(countsOf(error.details.result, name));
    throw error;
  }
}

/** Maximum number of flows that an audit line lists. */
export const AUDITED = 20;

/** The part of an audit line about a plan: the number of flows, and the first of them. */
export const auditOf = ({ id, count, sample }: Plan): Readonly<Record<string, unknown>> => ({
  plan: id,
  count,
  flows: sample.slice(0, AUDITED).flatMap(({ key }) => (key === undefined ? [] : [key])),
});

/** Makes the plan of a change. */
type MakePlan = (options: LocalPlanOptions) => Promise<LocalPlan>;

/** Makes a bulk change at once. After it has started, it continues even if the client disconnects. */
async function changeNow(exchange: Exchange, make: MakePlan, options: LocalPlanOptions): Promise<Response> {
  const plan = await make({ ...options, sample: AUDITED });
  if (plan.refusal !== undefined) throw plan.refusal;
  exchange.audit(auditOf(plan));
  exchange.intend();
  return outcome(exchange, plan.execute({ signal: exchange.stopping }), plan.change);
}

/** The name of the count of changed flows in responses. */
export const doneOf = (change: Plan['change']): 'deleted' | 'updated' => (change === 'delete' ? 'deleted' : 'updated');

/** Waits for a change, and returns its outcome as the response. */
export async function outcome(
  exchange: Exchange,
  running: Promise<BulkResult>,
  change: Plan['change'],
): Promise<Response> {
  const { changed, ...result } = await counted(exchange, running, doneOf(change));
  return json({ [doneOf(change)]: changed, ...result });
}

/** A dry run: makes the plan of the change, and changes nothing. */
async function preview(
  { plans, principal, base, audit }: Exchange,
  make: MakePlan,
  options: LocalPlanOptions,
): Promise<Response> {
  plans.admit(principal);
  const plan = await make(options);
  plans.keep(plan, principal, base);
  const { id, matched, skipped } = plan;
  audit({ plan: id, matched, skipped });
  return json(dryRunOf(planAnswerOf(plan, base)));
}

/** Makes the change of a plan at once. A dry run returns the plan instead, and stores it for execution. */
export const changeOrPreview = (
  exchange: Exchange,
  make: MakePlan,
  { dryRun = false, ...options }: LocalPlanOptions & { dryRun?: boolean },
): Promise<Response> => (dryRun ? preview : changeNow)(exchange, make, options);
