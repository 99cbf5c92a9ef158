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

/** One request on its way through an operation. */
export interface Exchange {
  readonly c: Ctx;
  /** The query string as it came, without `?`. */
  readonly raw: string;
  /** The table as the principal may see it. */
  readonly table: LocalTable;
  /** The path in front of the table's routes: the base path, and the namespace's. */
  readonly base: string;
  readonly plans: PlanStore;
  /** The memory of streamed answers. */
  readonly chunks: ChunkPool;
  readonly metrics: Metrics;
  /** The table's events, for all who watch. */
  readonly events: EventJournal;
  readonly limits: Limits;
  readonly requestId: string;
  readonly principal: Principal;
  /** Whether the principal is still who it was, and may what it might: its token may have expired since, or have gone in a reload. For streams without an end. */
  allowed(): boolean | Promise<boolean>;
  /**
   * Aborted when the connection is closed before the answer is through: by the client, or by a server that stops. It is made when it is
   * asked for; a single look-up or change is over before anybody could leave.
   */
  readonly signal: AbortSignal;
  /** Aborted when the server stops and its grace is over: what a change that has begun listens to, since it goes on when its client leaves. */
  readonly stopping: AbortSignal;
  /** Aborted when the server stops: streams without an end say goodbye. */
  readonly closing: AbortSignal | undefined;
  /** Which server this is. */
  readonly server: ServerInfo;
  /** Names of the other network namespaces that are served and are there now. */
  readonly namespaces: () => readonly string[] | Promise<readonly string[]>;
  /** Whether lines of the audit log could not be kept lately. */
  readonly auditFailing: () => boolean;
  /** The OpenAPI document of the routes that this server has. */
  readonly openapi: () => StaticText;
  /** Adds to the audit line of a change. */
  audit(details: Readonly<Record<string, unknown>>): void;
  /** Writes that a change of many flows is about to begin, with all that `audit` was given and `more`: what is known of it, should the server be killed in the middle. */
  intend(more?: Readonly<Record<string, unknown>>): void;
  /** Logs a failure that no answer can carry any more. */
  report(error: unknown): void;
}

/** What an answer looks like, for the OpenAPI document. */
export interface Answer {
  readonly description: string;
  /** Media types with their schema; none for an answer without a body. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One method of one path: everything the router, the guards, the OpenAPI document and the tests know of it. */
export interface Operation {
  /** `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'patch' | 'delete' | 'query';
  /** As OpenAPI writes it: `/conntrack/{key}`. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: 'flows' | 'expectations' | 'filter' | 'server';
  /** What it takes to call it: a scope, one of several (of which it checks the right one itself), any valid principal, or nothing at all. */
  readonly access: Scope | readonly Scope[] | 'any' | 'public';
  /** Scopes that it takes besides: all of them. */
  readonly also?: readonly Scope[];
  /** It is about the table as a whole: not for principals that are limited to some of its flows. */
  readonly whole?: true;
  /** It is about the table of the network namespace that its path names. */
  readonly netns?: true;
  /** Its answer goes on until somebody leaves. */
  readonly endless?: true;
  /** It says itself that it begins (`intend`), once it knows what it is about to change. Other mutations say so before they are handled, where audit lines are required. */
  readonly intends?: true;
  /** It changes the table: it is audited, and does not exist where the table is read-only. */
  readonly mutation?: true;
  /** Its body is read as it arrives. With an `Idempotency-Key` it is read before, and may be no larger than other bodies. */
  readonly streamed?: true;
  readonly parameters: Parameters;
  /** Query keys that are not a parameter are a filter. */
  readonly filter?: 'read' | 'change';
  readonly body?: { readonly types: readonly string[]; readonly schema: z.ZodType };
  readonly answers: Readonly<Record<number, Answer>>;
  /** Problems besides those that every route has. */
  readonly problems: readonly ProblemCode[];
  handle(exchange: Exchange): Response | Promise<Response>;
}

/** An object without its undefined members, for options that are absent or have a value. */
export const given = <T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
