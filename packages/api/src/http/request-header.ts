import type { Ctx } from './context.js';

/** Headers that may occur once. If they are repeated, Node keeps the first value and drops the others. */
const ONCE: Readonly<Record<string, true>> = { authorization: true, host: true };

/**
 * A request header: `c.req.header()` for the headers that every request is asked for. On a Node server they are already parsed. A
 * repeated header has all its values, so that a second `Host` or `Authorization` cannot hide behind the first one.
 */
export function requestHeader(c: Ctx, name: string): string | undefined {
  const incoming = c.env?.incoming;
  if (incoming === undefined) return c.req.header(name);
  const value = incoming.headers[name];
  if (value === undefined) return undefined;
  return typeof value === 'string' && (ONCE[name] === undefined || occursOnce(incoming.rawHeaders, name))
    ? value
    : c.req.header(name);
}

function occursOnce(rawHeaders: readonly string[], name: string): boolean {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const each = rawHeaders[i]!;
    if (each.length === name.length && each.toLowerCase() === name) seen++;
  }
  return seen === 1;
}
