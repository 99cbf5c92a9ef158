import { type Filter, normalize } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import type { FlowChange } from '@conntrack/flow';
import { type Limits, TableError } from '@conntrack/flow/table';
import { DEFAULT_MAX_AFFECTED, PLAN_LIFE, type Plan, type PlanOptions, refusalOf } from '@conntrack/table';
import { missingText } from '../ask/report.js';
import type { FleetOptions } from '../fleet-options.js';
import type { Nodes, Target } from '../nodes.js';
import { FleetPlan } from './fleet-plan.js';

const SAMPLE = 100;

/** Makes the plan of one node. */
export type PlanOn = (target: Target, options: PlanOptions) => Promise<Plan>;

/**
 * Makes the plan of each node, and changes nothing. All nodes that are asked must answer, except as many as `allowMissing` says.
 *
 * @throws TableError FILTER_REQUIRED; SOURCE_FAILED if nodes are missing
 */
export async function planAll(
  nodes: Nodes,
  filters: readonly Filter[],
  change: FlowChange | 'delete',
  { signal, expect, tolerance, maxAffected = DEFAULT_MAX_AFFECTED, sample = SAMPLE, ...options }: PlanOptions,
  { allowMissing = 0, maxPerNode = Number.POSITIVE_INFINITY, first, now = Date.now }: FleetOptions,
  planOn: PlanOn,
): Promise<FleetPlan> {
  const wanted = filters.map(normalize);
  if (wanted.length === 0 || wanted.some(({ kind }) => kind === 'all'))
    throw new TableError('FILTER_REQUIRED', 'a bulk change requires a filter. To empty the table, flush it');
  const began = now();
  const targets = nodes.targets(wanted);
  // A filter that is about nodes alone selects all flows of a node, which a node refuses.
  const whole = targets.find(target => target.filters.some(({ kind }) => kind === 'all'));
  if (whole !== undefined)
    throw new TableError(
      'FILTER_REQUIRED',
      `the filter selects all flows of '${whole.member.id}'. Add a condition on the flows, for example family=ipv4,ipv6`,
    );
  const most = Math.min(maxAffected, maxPerNode);
  const plans = await nodes.each(targets, signal, (target, own) =>
    planOn(target, { ...options, ...(Number.isFinite(most) && { maxAffected: most }), sample, signal: own }),
  );
  const missing = nodes.report.meta();
  if (missing.silent.length + missing.failed.length > allowMissing)
    throw new TableError(
      'SOURCE_FAILED',
      `${missingText(missing)}; nothing was changed. All nodes must answer before a bulk change, except as many as --allow-missing says`,
    );
  const limits: Limits = {
    maxAffected,
    ...(expect !== undefined && { expect }),
    ...(tolerance !== undefined && { tolerance }),
  };
  const count = plans.reduce((sum, { value }) => sum + value.count, 0);
  return new FleetPlan(
    plans.map(({ target, value }) => ({ member: target.member, plan: value, places: target.places })),
    {
      change,
      filters: wanted.map(filter => printQuery(filter)),
      // Nodes keep their plans as long, from a later moment.
      expires: began + PLAN_LIFE,
      refusal: refusalOf(count, limits) ?? nodeRefusal(plans),
      sample,
      first,
      fleet: missing,
      deadline: nodes.deadline,
      now,
    },
  );
}

/** The refusal of a node: of its own limit, or of `maxPerNode`. */
function nodeRefusal(plans: readonly { readonly node: string; readonly value: Plan }[]): TableError | undefined {
  const refused = plans.find(({ value }) => value.refusal !== undefined);
  if (refused === undefined) return undefined;
  const { code, message, details } = refused.value.refusal!;
  return new TableError(code, `${refused.node}: ${message}`, details);
}
