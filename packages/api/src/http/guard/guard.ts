import { isIP } from 'node:net';
import { type Ctx, rawQuery } from '../context.js';
import { Problem } from '../problem/problems.js';
import { requestHeader } from '../request-header.js';
import type { HostPolicy } from './listener-rules.js';

/** Names and addresses of loopback. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** The host of `host:port`: lower case, without port, brackets and trailing dot. `undefined` for other text. */
function hostOf(authority: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(authority);
  const host = (match?.[1] ?? match?.[2])?.toLowerCase();
  return host?.endsWith('.') ? host.slice(0, -1) : host;
}

/** The `host:port` of an absolute URL. */
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
 * Rejects requests with a foreign host name, against DNS rebinding: if evil.example suddenly resolves to 127.0.0.1, a
 * browser takes its pages and this server for the same origin. The page cannot change the name in `Host`. Over a unix
 * socket there are no browsers, and `policy` is absent.
 */
export function guardHost(c: Ctx, policy: HostPolicy | undefined): void {
  if (policy === undefined) return;
  const known = requestHeader(c, 'host');
  // A request target that is a path names no other host.
  if (known !== undefined && known === lastAllowed.get(policy) && c.env?.incoming?.url?.startsWith('/')) return;
  const target = authorityOf(c.req.url);
  const header = known ?? (c.env?.incoming === undefined ? target : undefined);
  if (header === undefined) throw new Problem('request-malformed', 'the request has no Host header');
  // A request target in absolute form also names a host, and takes precedence: both must be allowed.
  for (const authority of [header, target])
    if (!allowed(authority, policy))
      throw new Problem(
        'host-forbidden',
        `the host name '${authority.slice(0, 100)}' is not allowed. Use the server's address, or add the name to 'hosts'`,
      );
  lastAllowed.set(policy, header);
}

/** The last allowed host of each policy. The next request nearly always has the same one. */
const lastAllowed = new WeakMap<HostPolicy, string>();

/**
 * Rejects cross-site requests of browsers, for every method: a list costs a dump even if the page cannot read the
 * response. Programs like curl send neither header. Allowed are pages of the server itself and of the configured
 * origins.
 */
export function guardOrigin(c: Ctx, origins: ReadonlySet<string>): void {
  const origin = requestHeader(c, 'origin');
  if (origin !== undefined && origins.has(origin)) {
    c.set('origin', origin);
    return;
  }
  const site = requestHeader(c, 'sec-fetch-site');
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

/** Rejects a token in the URL before it is checked: URLs end up in logs, histories and Referer headers. */
export function guardUrl(c: Ctx): void {
  const raw = rawQuery(c);
  if (raw === '') return;
  for (const pair of raw.split('&')) {
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

/**
 * `.` and `..` as path segments, percent-encoded or not. URL parsers resolve them, so a path could mean something else
 * than what a proxy allowed.
 */
const DOTS = /(^|\/)(\.|%2e){1,2}(\/|$)/i;

/** Rejects paths with dot segments. */
export function guardPath(c: Ctx): void {
  const url = c.env?.incoming?.url;
  if (url === undefined) return;
  // Nearly all paths have no segment that begins with one of the two.
  if (url.startsWith('/') && !url.includes('/.') && !url.includes('/%')) return;
  const path = url.split('?', 1)[0]!;
  if (DOTS.test(path))
    throw new Problem('request-malformed', `the path '${path.slice(0, 100)}' has dot segments. Send the resolved path`);
}

/**
 * Rejects `If-Match`. Flows have no entity tags because their counters change all the time, so no tag can match (RFC
 * 9110, 13.1.1).
 */
export function guardConditions(c: Ctx): void {
  const tags = c.req.header('if-match');
  if (tags !== undefined && tags !== '*')
    throw new Problem(
      'precondition-failed',
      'flows do not support entity tags. Omit If-Match: a key names one connection, and `expect` limits a bulk change to an exact number',
    );
}
