import { printQuery } from '@conntrack/filter/print';
import { type LocalPlan, PLAN_LIFE, type PlanResult } from '@conntrack/table';
import type { Principal } from '../auth/scopes.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem } from '../http/problem/problems.js';

/** Milliseconds that a plan's outcome can be read after its end. */
const REMEMBERED = 600_000;

/** What has become of a plan. */
export type PlanState = 'ready' | 'refused' | 'running' | 'done' | 'stopped' | 'failed' | 'expired';

/** What is known of a plan, while it waits, while it runs, and afterwards. */
export interface PlanRecord {
  readonly id: string;
  readonly change: LocalPlan['change'];
  /** Flows that it would touch, flows that match, flows that are left alone. */
  readonly count: number;
  readonly matched: number;
  readonly skipped: number;
  readonly expires: number;
  readonly filters: LocalPlan['filters'];
  state: PlanState;
  /** When its execution began and ended, in milliseconds since 1970. */
  started?: number;
  ended?: number;
  /** What its execution has done so far; it changes while that runs. */
  result?: Readonly<PlanResult>;
  /** Why it was refused, or its execution stopped or failed. */
  problem?: Problem;
}

interface Kept {
  readonly owner: string;
  /** The path in front of the table's routes: a plan is of one table. */
  readonly base: string;
  readonly record: PlanRecord;
  /** The plan with all it holds, until it is executed or expires. */
  plan: LocalPlan | undefined;
}

/** Whom a plan belongs to. A token that was given another limit meanwhile is another caller. */
export const ownerOf = ({ name, filter }: Principal): string =>
  `${name}\n${filter === undefined ? '' : printQuery(filter)}`;

/** The plans that wait for their execution, and the outcomes of those that were executed. */
export class PlanStore {
  readonly #kept = new Map<string, Kept>();
  readonly #perPrincipal: number;

  constructor({ plansPerPrincipal }: { plansPerPrincipal: number }) {
    this.#perPrincipal = plansPerPrincipal;
  }

  /** How many wait. */
  get size(): number {
    let size = 0;
    for (const { plan } of this.#kept.values()) if (plan !== undefined) size++;
    return size;
  }

  /** Asked before a plan is made, which costs a scan. @throws Problem `too-many-plans` */
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

  /** Keeps a plan for whom it was made. */
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

  /** What is known of a plan of the caller. @throws Problem `plan-unknown` */
  find(id: string, principal: Principal, base: string): PlanRecord {
    return this.#find(id, principal, base).record;
  }

  /**
   * Executes a plan of the caller, once. Its record tells of it from then on.
   *
   * @param allow throws where the caller may not
   * @throws Problem `plan-unknown`, `plan-used`, `plan-expired`; what `allow` and the execution throw
   */
  async execute(
    id: string,
    principal: Principal,
    base: string,
    { allow, signal }: { allow: (plan: LocalPlan) => void; signal: AbortSignal },
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
      const result = await plan.execute({ signal, live });
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
    // Another caller's plan is not a plan.
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
