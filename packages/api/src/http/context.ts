import type { IncomingMessage, ServerResponse } from 'node:http';
import { printableJson } from '@conntrack/flow/text';
import type { Context } from 'hono';
import type { Principal } from '../auth/scopes.js';
import type { RateHeaders } from '../limits/rate.js';
import { COMMON_HEADERS } from './answer/headers.js';
import type { ListenerRules } from './guard/listener-rules.js';

/** What a request carries through the application. The bindings are there when a Node server has it, and absent in `app.request()`. */
export interface Env {
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse; listenerRules?: ListenerRules };
  Variables: {
    requestId: string;
    begun: number;
    hasOwnHeaders?: true;
    /** Who asks; absent before it is known, and for routes that ask nobody. */
    principal?: Principal;
    rate?: RateHeaders;
    /** Which server this is, for the header that says so. */
    server: string;
    traceId?: string;
    /** What the route is called, for spans. */
    operation?: { readonly id: string; readonly path: string };
    /** The origin of a web page that may read the answer. */
    origin?: string;
    /** Whom limits count for; absent for routes that ask nobody. */
    caller?: string;
    /** The text of the body, from when it was read until nobody needs it any more. */
    body?: { readonly text: string; release(): void } | undefined;
  };
}

/** A request being answered. */
export type Ctx = Context<Env>;

/** The query string as the client wrote it, without the `?`: offsets in errors count in it. */
export function rawQuery(c: Ctx): string {
  const url = c.env?.incoming?.url ?? c.req.url;
  const question = url.indexOf('?');
  if (question < 0) return '';
  const hash = url.indexOf('#', question);
  return url.slice(question + 1, hash < 0 ? undefined : hash);
}

/** The headers of an answer in one object. Made by hand: to spread several objects into one costs more than a look-up in the kernel. */
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

/** JSON, one line and a newline, so that a terminal's prompt stands on its own line. */
export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  jsonText(printableJson(body), status, headers);

/** JSON that is text already. */
export const jsonText = (body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${body}\n`, { status, headers: headersOf('application/json', headers) });

/** Text as it is, or as it comes. */
export const text = (body: string | ReadableStream<Uint8Array>, type = 'text/plain; charset=utf-8'): Response =>
  new Response(body, { headers: { ...COMMON_HEADERS, 'content-type': type } });

/** No content, and maybe something in the headers. */
export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, { status, headers: { ...COMMON_HEADERS, ...headers } });
