import { printQuery } from '@conntrack/filter';
import { PLAN_LIFE, type Plan } from '@conntrack/table';
import { Problem } from './problems.js';
import type { Principal } from './scopes.js';

/** Milliseconds that a plan is remembered after its end, so that a late caller hears what became of it. */
const REMEMBERED = 600_000;

type Ended = 'plan-expired' | 'plan-used';

interface Kept {
  readonly owner: string;
  /** The path in front of the table's routes: a plan is of one table. */
  readonly base: string;
  /** When it is let go of, in milliseconds since 1970. */
  readonly until: number;
  /** The plan with all it holds, or what became of it. */
  content: Plan | Ended;
}

const DETAIL: Readonly<Record<Ended, string>> = {
  'plan-expired': 'this plan has expired, and nothing was changed; make a new one',
  'plan-used': 'this plan was executed already; make a new one',
};

/** Whom a plan belongs to. A token that was given another limit meanwhile is another caller. */
const ownerOf = ({ name, filter }: Principal): string => `${name}\n${filter === undefined ? '' : printQuery(filter)}`;

/** The plans that wait for their execution. Each is let go of when its time is over, asked for or not. */
export class PlanStore {
  readonly #kept = new Map<string, Kept>();
  readonly #perPrincipal: number;

  constructor({ plansPerPrincipal }: { plansPerPrincipal: number }) {
    this.#perPrincipal = plansPerPrincipal;
  }

  /** How many wait. */
  get size(): number {
    let size = 0;
    for (const { content } of this.#kept.values()) if (typeof content === 'object') size++;
    return size;
  }

  /** Asked before a plan is made, which costs a scan. @throws Problem `too-many-plans` */
  admit(principal: Principal): void {
    const owner = ownerOf(principal);
    let next = Number.POSITIVE_INFINITY;
    let count = 0;
    for (const kept of this.#kept.values()) {
      if (kept.owner !== owner || typeof kept.content !== 'object') continue;
      count++;
      next = Math.min(next, kept.until);
    }
    if (count < this.#perPrincipal) return;
    const seconds = Math.max(1, Math.ceil((next - Date.now()) / 1000));
    throw new Problem(
      'too-many-plans',
      `${count} plans of '${principal.name}' wait already; execute them, or let them expire`,
      {},
      { 'retry-after': String(seconds) },
    );
  }

  /** Keeps a plan for whom it was made. */
  keep(plan: Plan, principal: Principal, base: string): void {
    const kept: Kept = { owner: ownerOf(principal), base, until: Date.now() + PLAN_LIFE, content: plan };
    this.#kept.set(plan.id, kept);
    setTimeout(() => {
      if (typeof kept.content === 'object') this.#end(plan.id, kept, 'plan-expired');
    }, PLAN_LIFE).unref();
  }

  /** The plan of its maker, to be executed now: it is used from then on. @throws Problem `plan-unknown`, `plan-used`, `plan-expired` */
  take(id: string, principal: Principal, base: string, allow: (plan: Plan) => void): Plan {
    const kept = this.#kept.get(id);
    // Another caller's plan is no plan.
    if (kept === undefined || kept.owner !== ownerOf(principal) || kept.base !== base)
      throw new Problem(
        'plan-unknown',
        'there is no such plan of yours; it is kept for a minute, and not over a restart',
      );
    const { content } = kept;
    if (typeof content !== 'object') throw new Problem(content, DETAIL[content]);
    allow(content);
    this.#end(id, kept, 'plan-used');
    return content;
  }

  #end(id: string, kept: Kept, how: Ended): void {
    kept.content = how;
    setTimeout(() => this.#kept.delete(id), REMEMBERED).unref();
  }
}
