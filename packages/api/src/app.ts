import { randomUUID } from 'node:crypto';
import type { ConntrackTable } from '@conntrack/table';
import { Hono } from 'hono';
import { negotiate } from './http/accept.js';
import { type AuthOptions, authenticator, requireScope } from './http/auth.js';
import { type Ctx, type Env, empty, rawQuery } from './http/context.js';
import { guardHost, guardOrigin, guardUrl, type HostPolicy } from './http/guard.js';
import { openapiDocument } from './openapi.js';
import type { Exchange, Limits, Operation } from './operation.js';
import { OPERATIONS } from './operations/operations.js';
import { problemOf } from './problem-of.js';
import { Problem, problemResponse } from './problems.js';

/** What the application answers from, and to whom. */
export interface AppOptions {
  table: ConntrackTable;
  auth: AuthOptions;
  /** Names and addresses that `Host` may have. Absent where no browser can come: over a unix socket. Loopback's own are always there. */
  hosts?: HostPolicy;
  /** Changes do not exist. */
  readOnly?: boolean;
  /** Takes the audit and error lines: plain objects, fit for NDJSON. */
  log?: (line: object) => void;
  limits?: Partial<Limits>;
}

/** One dump, its references held: what a bulk change may cost at most, unless told. */
const DEFAULT_LIMITS: Limits = { maxAffected: 1_000_000, stall: 60_000 };

/** A client's own id is taken where it is fit for a log. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The operations that this table has. */
export const operationsOf = ({ table, readOnly }: Pick<AppOptions, 'table' | 'readOnly'>): Operation[] =>
  OPERATIONS.filter(({ mutation }) => !mutation || (!readOnly && table.source.writable));

const routePath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/**
 * The HTTP application over a table. It is a plain Hono application: mount it, call `app.request()`, or let `serve` listen.
 *
 * @example
 * ```ts
 * import { createApp } from '@conntrack/api';
 * import { ConntrackTable, MemorySource } from '@conntrack/table';
 *
 * const app = createApp({ table: new ConntrackTable(new MemorySource()), auth: { tokens: [], fallback: { name: 'me', scopes: ['flows:read'] } } });
 * await app.request('/conntrack?proto=tcp');
 * ```
 */
export function createApp(options: AppOptions): Hono<Env> {
  const { table, hosts, log = () => {} } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const authenticate = authenticator(options.auth);
  const operations = operationsOf(options);
  const app = new Hono<Env>();
  const line = (event: string, c: Ctx, details: object): void =>
    log({ time: new Date().toISOString(), event, requestId: c.get('requestId'), ...details });
  const report = (c: Ctx, error: unknown): void => {
    const problem = problemOf(error);
    if (problem.status < 500 || problem.code === 'aborted') return;
    const { stack } = error as Error;
    line('error', c, {
      code: problem.code,
      ...(problem.code === 'internal' ? { stack } : { detail: problem.message }),
    });
  };
  let document: object | undefined;

  app.use('*', async (c, next) => {
    const asked = c.req.header('x-request-id');
    c.set('requestId', asked !== undefined && REQUEST_ID.test(asked) ? asked : randomUUID());
    await next();
    c.res.headers.set('x-request-id', c.get('requestId'));
  });
  app.use('*', async (c, next) => {
    guardHost(c, hosts);
    guardOrigin(c);
    guardUrl(c);
    await next();
  });

  /** The audit line of a change stands before its answer leaves. */
  const answerOf = async (
    operation: Operation,
    exchange: Exchange,
    audited: Record<string, unknown>,
  ): Promise<Response> => {
    if (!operation.mutation) return operation.handle(exchange);
    const write = (status: number, outcome: string): void =>
      line('audit', exchange.c, {
        principal: exchange.principal.name,
        operation: operation.id,
        status,
        outcome,
        ...audited,
      });
    try {
      const response = await operation.handle(exchange);
      write(response.status, 'ok');
      return response;
    } catch (error) {
      const { status, code } = problemOf(error);
      write(status, code);
      throw error;
    }
  };

  const route =
    (operation: Operation) =>
    async (c: Ctx): Promise<Response> => {
      let principal = { name: 'public', scopes: [] } as Exchange['principal'];
      if (operation.access !== 'public')
        try {
          principal = requireScope(authenticate(c), operation.access === 'any' ? undefined : operation.access);
        } catch (error) {
          const { remoteAddress } = c.env?.incoming?.socket ?? {};
          line('refused', c, {
            operation: operation.id,
            code: problemOf(error).code,
            ...(remoteAddress && { remoteAddress }),
          });
          throw error;
        }
      // Lists choose among their formats themselves.
      const types = Object.keys(Object.values(operation.answers)[0]?.content ?? {});
      if (types.length === 1) negotiate(c.req.header('accept'), types);
      const audited: Record<string, unknown> = {};
      return answerOf(
        operation,
        {
          c,
          raw: rawQuery(c),
          table,
          limits,
          requestId: c.get('requestId'),
          principal,
          get signal() {
            return c.req.raw.signal;
          },
          openapi: () => (document ??= openapiDocument(operations)),
          audit: details => Object.assign(audited, details),
          report: error => report(c, error),
        },
        audited,
      );
    };

  for (const path of new Set(OPERATIONS.map(operation => operation.path))) {
    const methods = operations.filter(operation => operation.path === path);
    for (const operation of methods) app.on(operation.method.toUpperCase(), routePath(path), route(operation));
    const allow = methods
      .flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
      .join(', ');
    const missing = OPERATIONS.filter(operation => operation.path === path && !operations.includes(operation));
    app.all(routePath(path), c => {
      if (c.req.method === 'OPTIONS') return empty(204, { allow: `${allow}, OPTIONS` });
      const readOnly = missing.some(({ method }) => method.toUpperCase() === c.req.method);
      throw readOnly
        ? new Problem('read-only', `${options.readOnly ? 'this server' : table.source.name} only reads`, {}, { allow })
        : new Problem(
            'method-not-allowed',
            `${c.req.method} does not go here; ${allow || 'nothing'} does`,
            {},
            { allow },
          );
    });
  }

  app.notFound(c => {
    throw new Problem('route-not-found', `there is no route '${c.req.path.slice(0, 200)}'; see /openapi.json`);
  });
  app.onError((error, c) => {
    report(c, error);
    return problemResponse(problemOf(error), c.get('requestId'));
  });
  return app;
}
