import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Authenticate, requireScope } from '../auth/authenticate.js';
import type { Principal } from '../auth/scopes.js';
import { negotiate } from '../http/accept.js';
import { stampResponse } from '../http/answer-headers.js';
import { bodyText, releaseBody } from '../http/body.js';
import type { ChunkPool } from '../http/chunk-pool.js';
import { type Ctx, rawQuery } from '../http/context.js';
import { guardConditions, guardHost, guardOrigin, guardPath, guardUrl, type HostPolicy } from '../http/guard.js';
import { fingerprintOf, type IdempotencyStore, type StoredAnswer } from '../http/idempotency.js';
import { problemOf } from '../http/problem-of.js';
import { Problem, problemResponse } from '../http/problems.js';
import { remoteAddress } from '../http/remote-address.js';
import type { StaticText } from '../http/static-text.js';
import type { Gate } from '../limits/concurrency.js';
import type { RateLimiter } from '../limits/rate.js';
import type { Refusals } from '../limits/refusals.js';
import type { Metrics } from '../observe/metrics.js';
import type { ServerInfo } from '../observe/server-info.js';
import type { Journal } from '../observe/server-log.js';
import { type Tracing, traceIdOf } from '../observe/tracing.js';
import { isOfTable } from '../operations/namespaced.js';
import type { Exchange, Limits, Operation } from '../operations/operation.js';
import type { ChangeRuns } from '../plans/change-runs.js';
import { ownerOf, type PlanStore } from '../plans/plan-store.js';
import type { Realm, Realms } from './served-tables.js';

/** What all routes of one application share. */
export interface Services {
  readonly realms: Realms;
  readonly limits: Limits;
  readonly hosts: HostPolicy | undefined;
  readonly origins: ReadonlySet<string>;
  /** In front of all paths that clients see. */
  readonly basePath: string;
  readonly journal: Journal;
  readonly authenticate: Authenticate;
  readonly openapi: () => StaticText;
  readonly plans: PlanStore;
  readonly changes: ChangeRuns;
  readonly idempotency: IdempotencyStore;
  readonly chunks: ChunkPool;
  readonly subscribers: Gate;
  readonly rate: RateLimiter;
  readonly refusals: Refusals;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  readonly closing: AbortSignal | undefined;
  readonly server: ServerInfo;
  /** The value of the header that says which server this is. */
  readonly header: string;
  readonly namespaces: Exchange['namespaces'];
  /** Each answer leaves a line. */
  readonly accessLog: boolean;
  /** A change whose lines cannot be written is not made. */
  readonly auditRequired: boolean;
}

/** A client's own id is taken where it is fit for a log. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;
const PUBLIC: Principal = { name: 'public', scopes: [] };

/**
 * A handler behind the guards, with every failure as a problem. It is one function, and no chain of middleware: a look-up by key
 * is over in microseconds.
 */
export function guarded(
  { hosts, origins, journal, metrics, tracing, closing, accessLog, header, basePath }: Services,
  act: (c: Ctx) => Response | Promise<Response>,
  operation?: Operation,
): (c: Ctx) => Promise<Response> {
  const answer = async (c: Ctx, requestId: string): Promise<Response> => {
    try {
      guardHost(c, c.env?.entrance ? c.env.entrance.hosts : hosts);
      guardPath(c);
      guardOrigin(c, origins);
      guardUrl(c);
      return await act(c);
    } catch (error) {
      // Nobody reads the answer: it is there for logs and metrics, where it must not look like a failure of the server.
      if (clientLeft(c) && closing?.aborted !== true)
        return problemResponse(new Problem('client-left', 'the client closed the connection'), requestId, basePath);
      journal.failure(c, error);
      return problemResponse(problemOf(error), requestId, basePath);
    }
  };
  return async c => {
    const begun = performance.now();
    c.set('begun', begun);
    const asked = c.req.header('x-request-id');
    const requestId = asked !== undefined && REQUEST_ID.test(asked) ? asked : randomUUID();
    c.set('requestId', requestId);
    c.set('server', header);
    if (operation !== undefined) c.set('operation', operation);
    const traceId = traceIdOf(c);
    if (traceId !== undefined) c.set('traceId', traceId);
    const response = await (tracing === undefined ? answer(c, requestId) : tracing(c, () => answer(c, requestId)));
    const milliseconds = performance.now() - begun;
    metrics.request(operation?.id ?? 'none', response.status, milliseconds / 1000);
    if (accessLog) journal.access(c, operation?.id ?? 'none', response.status, milliseconds);
    // What streams has sent its own head.
    if (response !== RESPONSE_ALREADY_SENT) stampResponse(c, response);
    return response;
  };
}

/** Whether the connection is closed although the answer is not through. */
function clientLeft(c: Ctx): boolean {
  const outgoing = c.env?.outgoing;
  return outgoing === undefined ? c.req.raw.signal.aborted : outgoing.destroyed && !outgoing.writableFinished;
}

/** Whom limits count for: a principal, and without a token an address. */
function callerOf(c: Ctx, { name }: Principal): string {
  const address = name === 'anonymous' ? remoteAddress(c) : undefined;
  return address === undefined ? name : `${name} at ${address}`;
}

/** Who calls, when they may. */
async function authorize(
  { authenticate, journal, refusals }: Services,
  operation: Operation,
  c: Ctx,
): Promise<Principal> {
  const { access } = operation;
  if (access === 'public') return PUBLIC;
  try {
    const principal = requireScope(await authenticate(c), access === 'any' ? undefined : access);
    for (const scope of operation.also ?? []) requireScope(principal, scope);
    if (operation.whole && principal.filter !== undefined)
      throw new Problem(
        'outside',
        `the token of '${principal.name}' is limited to some flows, and this is about the whole table`,
      );
    if (principal.netns !== undefined && isOfTable(operation)) {
      const netns = operation.netns ? c.req.param('netns')! : '.';
      if (!principal.netns.includes(netns))
        throw new Problem(
          'scope-missing',
          `the token of '${principal.name}' is for ${principal.netns.length === 0 ? 'no network namespace' : `the network namespaces ${principal.netns.join(', ')}`}, and not for '${netns.slice(0, 64)}'`,
        );
    }
    return principal;
  } catch (error) {
    const { status } = problemOf(error);
    // Nobody was turned away.
    if (status >= 500) throw error;
    const { logged, problem } = refusals.note(remoteAddress(c), problemOf(error).code);
    if (logged) journal.refusal(c, operation, error);
    else journal.countRefusal(error);
    throw problem ?? error;
  }
}

/** A change leaves its audit line before its answer leaves, whatever the answer is. */
async function audited(
  { journal, auditRequired }: Services,
  operation: Operation,
  exchange: Exchange,
  details: object,
): Promise<Response> {
  const { c, principal } = exchange;
  try {
    guardConditions(c);
    // Of a change whose outcome could not be written nobody would know.
    if (auditRequired && !operation.intends) exchange.intend();
    const response = await operation.handle(exchange);
    journal.change(c, operation, principal, response.status, 'ok', details);
    return response;
  } catch (error) {
    const { status, code } = problemOf(error);
    journal.change(c, operation, principal, status, code, details);
    throw error;
  }
}

/** Statuses of requests that did nothing and may be sent again with the same key. */
const UNDONE: ReadonlySet<number> = new Set([401, 403, 408, 429, 499, 500, 503]);

/** Whether a request that failed did nothing. What was stopped in the middle has done something, and says so. */
const didNothing = ({ status, extras }: Problem): boolean => UNDONE.has(status) && extras.result === undefined;

async function storedOf(response: Response): Promise<StoredAnswer> {
  const body = await response.clone().text();
  const { headers, status } = response;
  const kept = ['content-type', 'location', 'cache-control'].flatMap(name => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status, headers: Object.fromEntries(kept), body };
}

/** Why a body that is read as it arrives cannot have an `Idempotency-Key`: requests are the same where their bodies are, so that it is read before. */
function unkeyed(error: unknown): Problem {
  const { code, message } = problemOf(error);
  return new Problem(
    code,
    `with an Idempotency-Key, ${message}; leave the key out, as a restore can be repeated without`,
  );
}

/** Makes a change, or, where its `Idempotency-Key` was sent before, gives the answer that it had. */
async function once(services: Services, operation: Operation, exchange: Exchange, details: object): Promise<Response> {
  const { changes, idempotency, journal } = services;
  const { c, principal, base, requestId } = exchange;
  const act = (): Promise<Response> => changes.run(() => audited(services, operation, exchange, details));
  const key = c.req.header('idempotency-key');
  if (key === undefined) return act();
  const { pathname, search } = new URL(c.req.url);
  const text = await bodyText(c).catch(error => {
    throw operation.streamed ? unkeyed(error) : error;
  });
  const fingerprint = fingerprintOf(c.req.method, pathname + search, text);
  let own: Response | undefined;
  const { answer, replayed } = await idempotency.once(`${base}\n${ownerOf(principal)}`, key, fingerprint, async () => {
    let problem: Problem | undefined;
    own = await act().catch(error => {
      journal.failure(c, error);
      problem = problemOf(error);
      return problemResponse(problem, requestId, services.basePath);
    });
    return problem !== undefined && didNothing(problem) ? undefined : storedOf(own);
  });
  if (!replayed) return own!;
  const { status, headers, body } = answer!;
  return new Response(status === 204 ? null : body, {
    status,
    headers: { ...headers, 'idempotency-replayed': 'true' },
  });
}

/** A request on its way through an operation. A class, and most of it is made when it is asked for: a look-up by key is over in microseconds. */
class RoutedExchange implements Exchange {
  /** What the audit line has so far. */
  readonly details: Record<string, unknown> = {};
  readonly raw: string;
  readonly requestId: string;
  readonly table: Exchange['table'];
  readonly events: Exchange['events'];
  readonly base: string;
  readonly #services: Services;
  readonly #operation: Operation;

  constructor(
    readonly c: Ctx,
    readonly principal: Principal,
    caller: string,
    realm: Realm,
    services: Services,
    operation: Operation,
  ) {
    this.raw = rawQuery(c);
    this.requestId = c.get('requestId');
    this.table = realm.viewOf(principal, caller);
    this.events = realm.events;
    this.base = realm.base;
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
  get signal(): AbortSignal {
    return this.c.req.raw.signal;
  }
  // These are taken out of the exchange before they are called.
  get auditFailing(): Exchange['auditFailing'] {
    return () => this.#services.journal.failing;
  }
  get audit(): Exchange['audit'] {
    return more => void Object.assign(this.details, more);
  }
  get report(): Exchange['report'] {
    return error => this.#services.journal.failure(this.c, error);
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

  intend(more?: Readonly<Record<string, unknown>>): void {
    const { journal, auditRequired } = this.#services;
    const written = journal.intent(this.c, this.#operation, this.principal, { ...this.details, ...more });
    if (!written && auditRequired)
      throw new Problem('audit-failed', 'the audit log cannot be written, so nothing was changed');
  }
}

/** The handler of an operation. */
export function route(services: Services, operation: Operation): (c: Ctx) => Promise<Response> {
  const { realms, subscribers, rate } = services;
  // Lists choose among their formats themselves.
  const types = Object.keys(Object.values(operation.answers)[0]?.content ?? {});
  return guarded(
    services,
    async c => {
      const principal = await authorize(services, operation, c);
      const caller = callerOf(c, principal);
      if (principal !== PUBLIC) {
        c.set('principal', principal);
        c.set('caller', caller);
        c.set('rate', rate.take(caller));
      }
      const { outgoing } = c.env ?? {};
      // The answer is over, one way or the other, when the server closes it.
      if (operation.endless && outgoing !== undefined) outgoing.once('close', await subscribers.admit(caller));
      if (types.length === 1) negotiate(c.req.header('accept'), types);
      const netns = operation.netns ? c.req.param('netns')! : undefined;
      const realm = netns === undefined ? realms.own : await realms.find(netns);
      const exchange = new RoutedExchange(c, principal, caller, realm, services, operation);
      if (netns !== undefined) exchange.audit({ netns });
      if (!operation.mutation) return operation.handle(exchange);
      try {
        return await once(services, operation, exchange, exchange.details);
      } finally {
        // Of a repeated request nobody but the Idempotency-Key needed the body.
        releaseBody(c);
      }
    },
    operation,
  );
}
