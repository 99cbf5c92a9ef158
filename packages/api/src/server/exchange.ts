import { isDeepStrictEqual } from 'node:util';
import type { LocalTable } from '@conntrack/table';
import type { Principal } from '../auth/scopes.js';
import type { ChunkPool } from '../http/answer/chunk-pool.js';
import { type Ctx, rawQuery } from '../http/context.js';
import { Problem } from '../http/problem/problems.js';
import type { Limits } from '../limits/limits.js';
import type { Metrics } from '../observe/metrics.js';
import type { ServerInfo } from '../observe/server-info.js';
import type { Exchange, Operation } from '../operations/operation.js';
import type { PlanStore } from '../plans/plan-store.js';
import type { ServedTable } from './served-tables.js';
import type { Services } from './services.js';

/**
 * The exchange of a request. A class whose members are mostly computed on first use, because a look-up by key takes
 * only microseconds.
 */
export class RoutedExchange implements Exchange {
  /** The members of the audit line so far. */
  readonly details: Record<string, unknown> = {};
  readonly raw: string;
  readonly requestId: string;
  readonly table: Exchange['table'];
  readonly events: Exchange['events'];
  readonly base: string;
  readonly #services: Services;
  readonly #operation: Operation;

  readonly #caller: string;
  readonly #served: ServedTable;

  constructor(
    readonly c: Ctx,
    readonly principal: Principal,
    caller: string,
    served: ServedTable,
    services: Services,
    operation: Operation,
    table?: LocalTable,
  ) {
    this.raw = rawQuery(c);
    this.requestId = c.get('state').requestId;
    const view = table ?? served.viewOf(principal, caller);
    this.table = view.forRequest?.(this.requestId) ?? view;
    this.#caller = caller;
    this.#served = served;
    this.events = served.events;
    this.base = served.base;
    this.#services = services;
    this.#operation = operation;
  }

  get plans(): PlanStore {
    return this.#services.plans;
  }
  get chunks(): ChunkPool {
    return this.#services.chunks;
  }
  get metrics(): Metrics {
    return this.#services.metrics;
  }
  get limits(): Limits {
    return this.#services.limits;
  }
  get closing(): AbortSignal | undefined {
    return this.#services.closing;
  }
  get stopping(): AbortSignal {
    return this.#services.changes.signal;
  }
  get openapi(): Exchange['openapi'] {
    return this.#services.openapi;
  }
  get server(): ServerInfo {
    return this.#services.server;
  }
  get namespaces(): Exchange['namespaces'] {
    return this.#services.namespaces;
  }
  get past(): Exchange['past'] {
    const { history, dumps } = this.#services;
    const { filter } = this.principal;
    const admit = (signal?: AbortSignal) => dumps.admit(this.#caller, signal);
    return history && (range => history.table(range).view({ admit, ...(filter && { filter }) }));
  }
  over(table: LocalTable): Exchange {
    const [services, operation] = [this.#services, this.#operation];
    return new RoutedExchange(this.c, this.principal, this.#caller, this.#served, services, operation, table);
  }
  get hasConsole(): boolean {
    return this.#services.hasConsole;
  }
  get readOnly(): boolean {
    return this.#services.readOnly;
  }
  get signal(): AbortSignal {
    return this.c.req.raw.signal;
  }
  // Callers destructure these functions from the exchange, so they must not depend on `this`.
  get auditFailing(): Exchange['auditFailing'] {
    return () => this.#services.log.failing;
  }
  get audit(): Exchange['audit'] {
    return more => void Object.assign(this.details, more);
  }
  get report(): Exchange['report'] {
    return error => this.#services.log.failure(this.c, error);
  }

  allowed(): boolean | Promise<boolean> {
    const same = (principal: Principal | undefined): boolean => isDeepStrictEqual(principal, this.principal);
    try {
      const now = this.#services.authenticate(this.c);
      return now instanceof Promise ? now.then(same, () => false) : same(now);
    } catch {
      return false;
    }
  }

  asks(details: Readonly<Record<string, unknown>>): void {
    const { log, auditRequired } = this.#services;
    if (!log.question(this.c, this.#operation, this.principal, details) && auditRequired)
      throw new Problem('audit-failed', 'the audit log cannot be written, so the question is not answered');
  }

  intend(more?: Readonly<Record<string, unknown>>): void {
    const { log, auditRequired } = this.#services;
    const written = log.intent(this.c, this.#operation, this.principal, { ...this.details, ...more });
    if (!written && auditRequired)
      throw new Problem('audit-failed', 'the audit log cannot be written, so nothing was changed');
  }
}
