import type { TimeRange } from '@conntrack/flow/table';
import type { LocalTable } from '@conntrack/table';
import type { z } from '@hono/zod-openapi';
import type { Principal, Scope } from '../auth/scopes.js';
import type { EventJournal } from '../events/journal.js';
import type { ChunkPool } from '../http/answer/chunk-pool.js';
import type { StaticText } from '../http/answer/static-text.js';
import type { Ctx } from '../http/context.js';
import type { ProblemCode } from '../http/problem/problems.js';
import type { Parameters } from '../http/query/parameters.js';
import type { Limits } from '../limits/limits.js';
import type { Metrics } from '../observe/metrics.js';
import type { ServerInfo } from '../observe/server-info.js';
import type { PlanStore } from '../plans/plan-store.js';
import type { PastTable } from '../server/served-history.js';

/** A request to an operation. */
export interface Exchange {
  readonly c: Ctx;
  /** The query string as the client sent it, without `?`. */
  readonly raw: string;
  /** The table, limited to what the principal may see. */
  readonly table: LocalTable;
  /** The path before the table's routes: the base path, and that of the namespace. */
  readonly base: string;
  readonly plans: PlanStore;
  /** Memory for streamed responses. */
  readonly chunks: ChunkPool;
  readonly metrics: Metrics;
  /** The table's events, shared by all watchers. */
  readonly events: EventJournal;
  readonly limits: Limits;
  readonly requestId: string;
  readonly principal: Principal;
  /** Whether the principal still has the same rights. Its token may have expired or been revoked. For streams. */
  allowed(): boolean | Promise<boolean>;
  /**
   * Aborted when the connection is closed before the response is complete, by the client or by a server that stops.
   * Created on first use, because a single look-up or change ends too soon to need it.
   */
  readonly signal: AbortSignal;
  /**
   * Aborted when the server stops and its grace period is over. Running changes use it, because they continue when the
   * client disconnects.
   */
  readonly stopping: AbortSignal;
  /** Aborted when the server stops. Event streams then send `bye` and end. */
  readonly closing: AbortSignal | undefined;
  /** Identifies this server. */
  readonly server: ServerInfo;
  /** Names of the other network namespaces that are served and exist now. */
  readonly namespaces: () => readonly string[] | Promise<readonly string[]>;
  /** Returns the flows of a span of time, limited to what the principal may see. `undefined` if nothing is recorded. */
  readonly past: ((range: TimeRange) => PastTable) | undefined;
  /** The request, about another table. */
  over(table: LocalTable): Exchange;
  /** Whether browsers get the web console. */
  readonly hasConsole: boolean;
  /** Whether the server offers no changes. */
  readonly readOnly: boolean;
  /** Whether the last line of the audit log could not be written. */
  readonly auditFailing: () => boolean;
  /** The OpenAPI document of this server's routes. */
  readonly openapi: () => StaticText;
  /** Adds members to the audit line of a change. */
  audit(details: Readonly<Record<string, unknown>>): void;
  /**
   * Writes the intent line of a bulk change, with all members that `audit` received and `more`. It shows what was about
   * to happen if the server is killed halfway.
   */
  intend(more?: Readonly<Record<string, unknown>>): void;
  /** Writes the audit line of a question about the past, before its answer: who asked for whom. @throws Problem `audit-failed` */
  asks(details: Readonly<Record<string, unknown>>): void;
  /** Logs a failure that the response cannot report any more. */
  report(error: unknown): void;
}

/** A success response, as the OpenAPI document describes it. */
export interface Answer {
  readonly description: string;
  /** Schemas by media type. Absent for a response without a body. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One method of one path: everything that the router, the guards, the OpenAPI document and the tests need. */
export interface Operation {
  /** The `operationId` in the OpenAPI document, which is also the name in logs and metrics. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'patch' | 'delete' | 'query';
  /** The path as OpenAPI writes it: `/conntrack/{key}`. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: 'flows' | 'expectations' | 'filter' | 'server';
  /** Required access: a scope, one of several scopes (the operation checks which one), any valid token, or none. */
  readonly access: Scope | readonly Scope[] | 'any' | 'public';
  /** Additional scopes; all of them are required. */
  readonly also?: readonly Scope[];
  /** The operation concerns the whole table. Principals that are limited by a filter cannot use it. */
  readonly whole?: true;
  /** The path names the network namespace whose table is used. */
  readonly netns?: true;
  /** The response continues until one side closes it. */
  readonly endless?: true;
  /**
   * The operation calls `intend` itself when it knows what it will change. For other mutations, the server does so
   * before it calls them, if audit lines are required.
   */
  readonly intends?: true;
  /** The operation changes the table: it is audited, and is missing on a read-only table. */
  readonly mutation?: true;
  /**
   * The body is processed while it arrives. With an `Idempotency-Key` it is read completely first, and the limit of
   * ordinary bodies applies.
   */
  readonly streamed?: true;
  readonly parameters: Parameters;
  /** Query parameters that are not in `parameters` are a filter. */
  readonly filter?: 'read' | 'change';
  readonly body?: { readonly types: readonly string[]; readonly schema: z.ZodType };
  readonly answers: Readonly<Record<number, Answer>>;
  /** Problems in addition to those that every route has. */
  readonly problems: readonly ProblemCode[];
  handle(exchange: Exchange): Response | Promise<Response>;
}

/** A copy of an object without its undefined members, for options that do not accept `undefined`. */
export const given = <T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
