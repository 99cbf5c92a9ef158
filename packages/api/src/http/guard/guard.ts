import { isIP } from 'node:net';
import { type Ctx, rawQuery } from '../context.js';
import { Problem } from '../problem/problems.js';
import type { HostPolicy } from './listener-rules.js';

/** Loopback's own names. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** The host of `host:port` text, lower case, without port, brackets and the root's dot; `undefined` when it is none. */
function hostOf(authority: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(authority);
  const host = (match?.[1] ?? match?.[2])?.toLowerCase();
  return host?.endsWith('.') ? host.slice(0, -1) : host;
}

/** `host:port` of an absolute URL. */
const authorityOf = (url: string): string => {
  const start = url.indexOf('//') + 2;
  const end = url.indexOf('/', start);
  return url.slice(start, end < 0 ? undefined : end);
};

const allowed = (authority: string, policy: HostPolicy): boolean => {
  const host = hostOf(authority);
  if (host === undefined) return false;
  if (LOOPBACK.test(host) || policy.names.includes(host)) return true;
  return policy.anyAddress === true && isIP(host) !== 0;
};

/**
 * DNS rebinding: a page of evil.example whose name suddenly resolves to 127.0.0.1 is, to a browser, same-origin with this server. What it
 * cannot change is the name in `Host`. (Over a unix socket no browser comes, and `policy` is absent.)
 */
export function guardHost(c: Ctx, policy: HostPolicy | undefined): void {
  if (policy === undefined) return;
  const target = authorityOf(c.req.url);
  const header = c.req.header('host') ?? (c.env?.incoming === undefined ? target : undefined);
  if (header === undefined) throw new Problem('request-malformed', 'the request has no Host header');
  if (header === target && header === lastAllowed.get(policy)) return;
  // A request target in absolute form names a host too, and takes precedence: both have to be ours.
  for (const authority of header === target ? [header] : [header, target])
    if (!allowed(authority, policy))
      throw new Problem(
        'host-forbidden',
        `the host name '${authority.slice(0, 100)}' is not allowed. Use the server's address, or add the name to 'hosts'`,
      );
  lastAllowed.set(policy, header);
}

/** What the last request that a policy allowed had as its host: nearly always the next one's too. */
const lastAllowed = new WeakMap<HostPolicy, string>();

/**
 * Cross-site requests, on every method: a list costs a dump, whether or not the page may read the answer. curl and controllers send neither
 * header. Only pages of the server itself and of the origins that it was given may ask.
 */
export function guardOrigin(c: Ctx, origins: ReadonlySet<string>): void {
  const origin = c.req.header('origin');
  if (origin !== undefined && origins.has(origin)) {
    c.set('origin', origin);
    return;
  }
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Problem(
      'origin-forbidden',
      `a browser sent this request from another site (Sec-Fetch-Site: ${site.slice(0, 30)})`,
    );
  if (origin === undefined) return;
  const own = c.req.header('host') ?? authorityOf(c.req.url);
  if (!URL.canParse(origin) || new URL(origin).host !== new URL(`${new URL(origin).protocol}//${own}`).host)
    throw new Problem(
      'origin-forbidden',
      `a web page of '${origin.slice(0, 100)}' sent this request. Only pages of this server and of allowed origins can`,
    );
}

const CREDENTIAL = /^(access_?token|api_?key|auth|authorization|bearer|password|secret|token)$/i;

/** A token in a URL ends in logs, histories and Referer headers: refused before it is looked at. */
export function guardUrl(c: Ctx): void {
  const query = rawQuery(c);
  if (query === '') return;
  for (const pair of query.split('&')) {
    let name = pair.split('=', 1)[0]!;
    try {
      name = decodeURIComponent(name);
    } catch {
      // The query parser says what is wrong with it.
    }
    if (CREDENTIAL.test(name))
      throw new Problem(
        'token-in-url',
        `'${name}' in a URL ends up in logs. Send 'Authorization: Bearer …' instead, and revoke this token`,
      );
  }
}

/** `.` and `..` as path segments, encoded or not: URL parsers resolve them, so that a path would mean another one than a proxy has allowed. */
const DOTS = /(^|\/)(\.|%2e){1,2}(\/|$)/i;

/** Refuses paths with dot segments. */
export function guardPath(c: Ctx): void {
  const url = c.env?.incoming?.url;
  if (url === undefined) return;
  if (!url.includes('/.') && !url.includes('%') && !url.startsWith('.')) return;
  const path = url.split('?', 1)[0]!;
  if (DOTS.test(path))
    throw new Problem('request-malformed', `the path '${path.slice(0, 100)}' has dot segments. Send the resolved path`);
}

/** Flows do not support entity tags, since their counters never rest, so no tag is right: a change that is to be made only if one is, is not made (RFC 9110, 13.1.1). */
export function guardConditions(c: Ctx): void {
  const tags = c.req.header('if-match');
  if (tags !== undefined && tags !== '*')
    throw new Problem(
      'precondition-failed',
      'flows do not support entity tags. Omit If-Match: a key names one connection, and `expect` limits a bulk change to an exact number',
    );
}
