import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';
import type { Principal } from '../scopes.js';

/** What a request carries through the application. The bindings are there when a Node server has it, and absent in `app.request()`. */
export interface Env {
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse };
  Variables: { requestId: string; principal: Principal };
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

/** JSON, one line and a newline, so that a terminal's prompt stands on its own line. */
export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(`${JSON.stringify(body)}\n`, { status, headers: { 'content-type': 'application/json', ...headers } });

/** Lines of text. */
export const text = (body: string, headers: Record<string, string> = {}): Response =>
  new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } });
