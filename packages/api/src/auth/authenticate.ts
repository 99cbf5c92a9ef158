import type { Ctx } from '../http/context.js';
import { Problem } from '../http/problem/problems.js';
import { requestHeader } from '../http/request-header.js';
import { type JwtVerifier, looksLikeJwt } from './jwt.js';
import type { Principal, Scope } from './scopes.js';
import { type StoredToken, type TokenFinder, tokenFinder } from './tokens.js';

/** How `createApp` finds out who sends a request. */
export interface AuthOptions {
  /**
   * The accepted tokens: a list, or a function that finds a token's holder (for tokens that change while the server
   * runs).
   */
  tokens: readonly StoredToken[] | TokenFinder;
  /** Verifies an issuer's tokens (JWT). Asked only for tokens that are not in `tokens`. */
  jwt?: JwtVerifier;
  /** The principal of a request without a token. Without it, such requests get 401. */
  fallback?: Principal;
  /** The current time in milliseconds since 1970, for the expiry of tokens. Default: `Date.now`. */
  now?: () => number;
}

const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;
const REALM = 'Bearer realm="conntrack"';
const INVALID = `${REALM}, error="invalid_token"`;

/**
 * Finds the principal of a request. Returns a promise only when a signature has to be verified.
 *
 * @throws Problem `unauthenticated`
 */
export type Authenticate = (c: Ctx) => Principal | undefined | Promise<Principal | undefined>;

/**
 * The principal of an issuer's token. A rejected token gets the same `WWW-Authenticate` challenge as any other invalid
 * token.
 */
function byIssuer(jwt: JwtVerifier, token: string): Principal | Promise<Principal> {
  const holder = jwt(token);
  if (!(holder instanceof Promise)) return holder;
  return holder.catch(error => {
    if (!(error instanceof Problem) || error.code !== 'unauthenticated') throw error;
    throw new Problem(error.code, error.message, {}, { 'www-authenticate': INVALID }, error.cause);
  });
}

/**
 * Makes the function that finds a request's principal. A request with a wrong token is rejected: it never falls back to
 * anonymous access.
 */
export function authenticator(options: AuthOptions): Authenticate {
  const { tokens, jwt } = options;
  const find = typeof tokens === 'function' ? tokens : tokenFinder(tokens, options.now);
  return c => {
    const header = requestHeader(c, 'authorization');
    if (header === undefined) {
      const { listenerRules, incoming } = c.env ?? {};
      return listenerRules && incoming ? listenerRules.identify(incoming) : options.fallback;
    }
    const token = BEARER.exec(header)?.[1];
    const found = token === undefined ? undefined : find(token, c.env?.incoming?.socket);
    if (found !== undefined && !found.expired) return found.principal;
    if (found === undefined && jwt !== undefined && token !== undefined && looksLikeJwt(token))
      return byIssuer(jwt, token);
    const why =
      token === undefined
        ? "the Authorization header must be 'Bearer TOKEN'"
        : found === undefined
          ? 'unknown token'
          : `the token of '${found.principal.name}' has expired`;
    throw new Problem('unauthenticated', why, {}, { 'www-authenticate': INVALID });
  };
}

/**
 * Throws unless the principal has at least one of the scopes. `undefined` accepts any principal.
 *
 * @throws Problem `unauthenticated`, `scope-missing`
 */
export function requireScope(
  principal: Principal | undefined,
  wanted: Scope | readonly Scope[] | undefined,
): Principal {
  if (principal === undefined)
    throw new Problem(
      'unauthenticated',
      "a token is required: 'Authorization: Bearer TOKEN'",
      {},
      { 'www-authenticate': REALM },
    );
  if (wanted === undefined) return principal;
  const scopes = typeof wanted === 'string' ? [wanted] : wanted;
  if (scopes.some(each => principal.scopes.includes(each))) return principal;
  const scope = scopes[0]!;
  // An anonymous reader is asked for a token (401). The response to a token's holder names the missing scope (403).
  if (principal.name === 'anonymous')
    throw new Problem(
      'unauthenticated',
      `without a token this server is read-only; '${scope}' needs 'Authorization: Bearer TOKEN'`,
      { scope },
      { 'www-authenticate': `${REALM}, scope="${scope}"` },
    );
  throw new Problem(
    'scope-missing',
    `the token of '${principal.name}' lacks the scope '${scope}'`,
    { scope },
    { 'www-authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
  );
}
