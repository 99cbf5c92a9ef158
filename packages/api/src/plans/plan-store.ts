import { printQuery } from '@conntrack/filter/print';
import { type LocalPlan, PLAN_LIFE, type PlanResult } from '@conntrack/table';
import type { Principal } from '../auth/scopes.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem } from '../http/problem/problems.js';

/** Milliseconds that the outcome of a plan is kept after its end. */
const REMEMBERED = 600_000;

/** The state of a plan. */
export type PlanState = 'ready' | 'refused' | 'running' | 'done' | 'stopped' | 'failed' | 'expired';

/** Facts about a plan: before, during and after its execution. */
export interface PlanRecord {
  readonly id: string;
  readonly change: LocalPlan['change'];
  /** Number of flows that the plan would change, that match, and that are skipped. */
  readonly count: number;
  readonly matched: number;
  readonly skipped: number;
  readonly expires: number;
  readonly filters: LocalPlan['filters'];
  state: PlanState;
  /** Start and end of the execution, in milliseconds since 1970. */
  started?: number;
  ended?: number;
  /** The results of the execution so far. Changes while it runs. */
  result?: Readonly<PlanResult>;
  /** Why the plan was refused, or why its execution stopped or failed. */
  problem?: Problem;
}

interface Kept {
  readonly owner: string;
  /** The path before the table's routes. A plan belongs to one table. */
  readonly base: string;
  readonly record: PlanRecord;
  /** The plan with its flows, until it is executed or expires. */
  plan: LocalPlan | undefined;
}

/**
 * The owner of a plan. The name and the limit both count: a token whose filter has changed cannot use its old plans.
 */
export const ownerOf = ({ name, filter }: Principal): string =>
  `${name}\n${filter === undefined ? '' : printQuery(filter)}`;

/** Plans that wait for execution, and the outcomes of executed plans. */
export class PlanStore {
  readonly #kept = new Map<string, Kept>();
  readonly #perPrincipal: number;

  constructor({ plansPerPrincipal }: { plansPerPrincipal: number }) {
    this.#perPrincipal = plansPerPrincipal;
  }

  /** Number of waiting plans. */
  get size(): number {
    let size = 0;
    for (const { plan } of this.#kept.values()) if (plan !== undefined) size++;
    return size;
  }

  /**
   * Checks that the principal may have another plan. Called before the plan is made, because that costs a scan.
   *
   * @throws Problem `too-many-plans`
   */
  admit(principal: Principal): void {
    const owner = ownerOf(principal);
    let next = Number.POSITIVE_INFINITY;
    let count = 0;
    for (const { plan, ...kept } of this.#kept.values()) {
      if (kept.owner !== owner || plan === undefined) continue;
      count++;
      next = Math.min(next, plan.expires);
    }
    if (count < this.#perPrincipal) return;
    const seconds = Math.max(1, Math.ceil((next - Date.now()) / 1000));
    throw new Problem(
      'too-many-plans',
      `'${principal.name}' already has ${count} waiting plans. Execute them, or let them expire`,
      {},
      { 'retry-after': String(seconds) },
    );
  }

  /** Stores a plan for the principal who made it. */
  keep(plan: LocalPlan, principal: Principal, base: string): void {
    const { id, change, count, matched, skipped, expires, filters } = plan;
    const record: PlanRecord = { id, change, count, matched, skipped, expires, filters, state: 'ready' };
    const kept: Kept = { owner: ownerOf(principal), base, record, plan };
    this.#kept.set(id, kept);
    if (plan.refusal !== undefined) {
      record.problem = problemOf(plan.refusal);
      this.#end(kept, 'refused');
      return;
    }
    setTimeout(() => {
      if (kept.plan !== undefined) this.#end(kept, 'expired');
    }, PLAN_LIFE).unref();
  }

  /** Finds a plan of the principal. @throws Problem `plan-unknown` */
  find(id: string, principal: Principal, base: string): PlanRecord {
    return this.#find(id, principal, base).record;
  }

  /**
   * Executes a plan of the principal, once. Its record shows the progress and the outcome.
   *
   * @param allow throws if the principal may not make the change
   * @throws Problem `plan-unknown`, `plan-used`, `plan-expired`; errors of `allow` and of the execution
   */
  async execute(
    id: string,
    principal: Principal,
    base: string,
    { allow, signal, requestId }: { allow: (plan: LocalPlan) => void; signal: AbortSignal; requestId: string },
  ): Promise<PlanResult> {
    const kept = this.#find(id, principal, base);
    const { plan, record } = kept;
    if (record.state === 'expired')
      throw new Problem('plan-expired', 'this plan has expired; nothing was changed. Create a new one');
    if (record.state === 'refused') throw record.problem!;
    if (plan === undefined)
      throw new Problem('plan-used', `this plan was already executed (state: ${record.state}). Create a new one`, {
        ...(record.result && { result: record.result }),
      });
    allow(plan);
    kept.plan = undefined;
    record.state = 'running';
    record.started = Date.now();
    const live = (result: Readonly<PlanResult>): void => {
      record.result = result;
    };
    try {
      const result = await plan.execute({ signal, live, requestId });
      this.#end(kept, 'done');
      return result;
    } catch (error) {
      record.problem = problemOf(error);
      const { code } = record.problem;
      this.#end(kept, code === 'plan-expired' ? 'expired' : signal.aborted ? 'stopped' : 'failed');
      throw error;
    }
  }

  #find(id: string, principal: Principal, base: string): Kept {
    const kept = this.#kept.get(id);
    // A caller cannot see whether the plan of another caller exists.
    if (kept === undefined || kept.owner !== ownerOf(principal) || kept.base !== base)
      throw new Problem(
        'plan-unknown',
        'plan not found. A plan is kept for one minute, its outcome for ten, and both are lost at a restart',
      );
    return kept;
  }

  #end(kept: Kept, state: PlanState): void {
    kept.plan = undefined;
    kept.record.state = state;
    kept.record.ended = Date.now();
    setTimeout(() => this.#kept.delete(kept.record.id), REMEMBERED).unref();
  }
}
