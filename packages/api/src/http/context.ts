import type { IncomingMessage, ServerResponse } from 'node:http';
import { printableJson } from '@conntrack/flow/text';
import type { Context } from 'hono';
import type { Principal } from '../auth/scopes.js';
import type { RateHeaders } from '../limits/rate.js';
import { COMMON_HEADERS } from './answer/headers.js';
import type { ListenerRules } from './guard/listener-rules.js';

/** What every response needs to know about its request. One object, because each variable of a context costs an entry of a map. */
export interface RequestState {
  /** When the request began, as `performance.now()`. */
  readonly begun: number;
  readonly requestId: string;
  /** The server's name, for the header `X-Conntrack-Server`. */
  readonly server: string;
  /** The caller's remaining requests. */
  rate: RateHeaders | undefined;
  /** Whether the response was created with its headers. */
  hasOwnHeaders: boolean;
}

/** What a request carries through the application. The bindings exist on a Node server, but not in `app.request()`. */
export interface Env {
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse; listenerRules?: ListenerRules };
  Variables: {
    state: RequestState;
    /** Who sends the request. Absent before authentication, and for routes without authentication. */
    principal?: Principal;
    traceId?: string;
    /** The route's operation id and path, for spans. */
    operation?: { readonly id: string; readonly path: string };
    /** The allowed origin of the web page that sent the request. */
    origin?: string;
    /** The caller that limits count for. Absent for routes without authentication. */
    caller?: string;
    /** The text of the body, while it is needed. */
    body?: { readonly text: string; release(): void } | undefined;
  };
}

/** A request and its response. */
export type Ctx = Context<Env>;

/** The query string as the client sent it, without `?`. Offsets in errors refer to it. */
export function rawQuery(c: Ctx): string {
  const url = c.env?.incoming?.url ?? c.req.url;
  const question = url.indexOf('?');
  if (question < 0) return '';
  const hash = url.indexOf('#', question);
  return url.slice(question + 1, hash < 0 ? undefined : hash);
}

/** Response headers in one object. Built by hand because spreading several objects costs more than a kernel look-up. */
function headersOf(type: string, more: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {
    'cache-control': COMMON_HEADERS['cache-control'],
    'x-content-type-options': COMMON_HEADERS['x-content-type-options'],
    'content-security-policy': COMMON_HEADERS['content-security-policy'],
    'cross-origin-resource-policy': COMMON_HEADERS['cross-origin-resource-policy'],
    'content-type': type,
  };
  for (const name in more) headers[name] = more[name]!;
  return headers;
}

/** A JSON response on one line. The newline keeps a terminal's prompt on a line of its own. */
export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  jsonText(printableJson(body), status, headers);

/** A response with JSON text. */
export const jsonText = (body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${body}\n`, { status, headers: headersOf('application/json', headers) });

/** A text response. */
export const text = (body: string | ReadableStream<Uint8Array>, type = 'text/plain; charset=utf-8'): Response =>
  new Response(body, { headers: { ...COMMON_HEADERS, 'content-type': type } });

/** A response without a body. */
export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, { status, headers: { ...COMMON_HEADERS, ...headers } });
