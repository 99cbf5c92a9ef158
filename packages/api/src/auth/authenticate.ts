import type { Ctx } from '../http/context.js';
import { Problem } from '../http/problem/problems.js';
import { type JwtVerifier, looksLikeJwt } from './jwt.js';
import type { Principal, Scope } from './scopes.js';
import { type StoredToken, type TokenFinder, tokenFinder } from './tokens.js';

/** Who may do what. */
export interface AuthOptions {
  /** Those that are known: a list, or what finds a token's holder at any moment. */
  tokens: readonly StoredToken[] | TokenFinder;
  /** Checks tokens of an issuer (JWT) that are none of `tokens`. */
  jwt?: JwtVerifier;
  /** Who a request without a token is; nobody when absent. */
  fallback?: Principal;
  /** Milliseconds since 1970, for the expiry of tokens (default: `Date.now`). */
  now?: () => number;
}

const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;
const REALM = 'Bearer realm="conntrack"';
const INVALID = `${REALM}, error="invalid_token"`;

/** Who asks; what takes a while (a signature that was not seen before) comes as a promise. @throws Problem `unauthenticated` */
export type Authenticate = (c: Ctx) => Principal | undefined | Promise<Principal | undefined>;

/** The holder of an issuer's token. The same challenge as for any other that is not valid. */
function byIssuer(jwt: JwtVerifier, token: string): Principal | Promise<Principal> {
  const holder = jwt(token);
  if (!(holder instanceof Promise)) return holder;
  return holder.catch(error => {
    if (!(error instanceof Problem) || error.code !== 'unauthenticated') throw error;
    throw new Problem(error.code, error.message, {}, { 'www-authenticate': INVALID }, error.cause);
  });
}

/**
 * Finds who asks. A request that presents a token is that token's or nobody's: a wrong one does not fall back to what is open to all.
 */
export function authenticator(options: AuthOptions): Authenticate {
  const { tokens, jwt } = options;
  const find = typeof tokens === 'function' ? tokens : tokenFinder(tokens, options.now);
  return c => {
    const header = c.req.header('authorization');
    if (header === undefined) {
      const { listenerRules, incoming } = c.env ?? {};
      return listenerRules && incoming ? listenerRules.identify(incoming) : options.fallback;
    }
    const token = BEARER.exec(header)?.[1];
    const found = token === undefined ? undefined : find(token);
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

/** Refuses a request whose principal has none of the scopes; `undefined` asks for any principal at all. */
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
  // Who reads without a token is asked for one; who has one is told what it lacks.
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
