import { hash } from 'node:crypto';
import { allOf, type Filter } from '@conntrack/filter';
import { parseFilter } from '@conntrack/filter/hints';
import { requireSource } from '@conntrack/filter/requirements';
import { Problem } from '../http/problem/problems.js';
import { type Principal, SCOPES, type Scope } from './scopes.js';

/**
 * Accepted signature algorithms: only those where the issuer alone has the private key. `none` and HMAC are excluded:
 * whoever knows the public key could forge a token.
 */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
/** A signature algorithm that a JWT may use. */
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** A JSON Web Key Set (RFC 7517): the public keys of an issuer. */
export interface JsonWebKeySet {
  readonly keys: readonly object[];
}

/** Whose tokens are accepted, and what their claims mean. */
export interface JwtOptions {
  /** The required value of the claim `iss`. */
  readonly issuer: string;
  /** The claim `aud` must contain one of these. */
  readonly audience: readonly string[];
  /** The issuer's keys: an https URL (http is allowed on loopback only), or the key set itself. */
  readonly jwks: string | JsonWebKeySet;
  /** Accepted signature algorithms. Default: RS256, PS256, ES256, EdDSA. */
  readonly algorithms?: readonly JwtAlgorithm[];
  /** Allowed difference between the clocks of issuer and server, in seconds. Default: 5. */
  readonly clockTolerance?: number;
  /**
   * The names of the claims to read. A dot goes one level down: `realm_access.roles` is the member `roles` of
   * `realm_access`.
   */
  readonly claims?: {
    /** The holder's name, for the audit log. Default: `sub`. The principal's name is `jwt:` followed by this value. */
    readonly name?: string;
    /** The scopes: a list of strings, or words separated by spaces. Default: `scope`. */
    readonly scopes?: string;
    /** A filter that limits the holder. When set, a token without this claim is rejected. */
    readonly filter?: string;
    /** The network namespaces that the holder may use. When set, a token without this claim is rejected. */
    readonly netns?: string;
  };
  /**
   * The scopes that each value of the scopes claim grants. Without it, the values are scope names. Unknown values grant
   * nothing.
   */
  readonly scopes?: Readonly<Record<string, readonly Scope[]>>;
  /** A filter that limits all holders. */
  readonly filter?: Filter;
  /** The network namespaces that all holders may use. Default: all. */
  readonly netns?: readonly string[];
}

/**
 * Verifies a token and returns its principal.
 *
 * @throws Problem `unauthenticated` with the reason as its `cause`, or `keys-unavailable`
 */
export interface JwtVerifier {
  (token: string): Principal | Promise<Principal>;
  /**
   * Replaces the keys of a verifier that was made with a key set.
   *
   * @throws TypeError for a verifier that gets its keys from a URL
   */
  renew(keys: JsonWebKeySet): void;
}

const DEFAULT_ALGORITHMS: readonly JwtAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const TOLERANCE = 5;
/** Milliseconds that a verified token stays cached. A key that the issuer removed is accepted for at most this long. */
const KNOWN = 300_000;
const MAX_KNOWN = 4096;
const MAX_NAME = 200;
/** Error codes of jose that mean: the key set is not available. The token itself may be valid. */
const UNAVAILABLE: ReadonlySet<string> = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']);
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL is safe to fetch keys from: nobody between server and issuer can replace them. */
export function isKeyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

type Claims = Readonly<Record<string, unknown>>;

/** Reads a claim by its whole name, or else member by member at each dot. Inherited properties are ignored. */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let at: unknown = claims;
  for (const member of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, member)) return undefined;
    at = (at as Claims)[member];
  }
  return at;
}

const wordsOf = (value: unknown): string[] | undefined => {
  const words = typeof value === 'string' ? value.split(/\s+/).filter(word => word !== '') : value;
  return Array.isArray(words) && words.every(word => typeof word === 'string') ? words : undefined;
};

function filterOfClaim(value: unknown, name: string): Filter {
  if (typeof value !== 'string' || value.trim() === '') throw new Error(`the claim '${name}' must be a filter`);
  const { filter } = parseFilter(value);
  requireSource(filter, { accounting: true, timestamps: true, fleet: true });
  if (filter.kind === 'all') throw new Error(`the filter of the claim '${name}' matches everything`);
  return filter;
}

/**
 * The principal that a verified token's claims describe. A configured claim that is missing is an error: otherwise the
 * holder would have no limit.
 */
function principalOf(claims: Claims, options: JwtOptions): Principal {
  const { claims: names = {}, scopes: meanings } = options;
  const nameClaim = names.name ?? 'sub';
  const name = claimOf(claims, nameClaim);
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME)
    throw new Error(`the claim '${nameClaim}' must be a name of at most ${MAX_NAME} characters`);
  const words = wordsOf(claimOf(claims, names.scopes ?? 'scope')) ?? [];
  const allowed = new Set<string>(
    meanings ? words.flatMap(word => (Object.hasOwn(meanings, word) ? meanings[word]! : [])) : words,
  );
  const filters = [
    ...(options.filter ? [options.filter] : []),
    ...(names.filter === undefined ? [] : [filterOfClaim(claimOf(claims, names.filter), names.filter)]),
  ];
  let { netns } = options;
  if (names.netns !== undefined) {
    const own = wordsOf(claimOf(claims, names.netns));
    if (own === undefined) throw new Error(`the claim '${names.netns}' must be a list of network namespaces`);
    netns = netns ? own.filter(each => netns!.includes(each)) : own;
  }
  return {
    name: `jwt:${name}`,
    scopes: SCOPES.filter(scope => allowed.has(scope)),
    ...(filters.length > 0 && { filter: filters.length > 1 ? allOf(filters) : filters[0]! }),
    ...(netns && { netns }),
  };
}

async function loadJose(): Promise<typeof import('jose')> {
  try {
    return await import('jose');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new TypeError("jwt needs the package 'jose', which is not installed. Install it: npm install jose@6", {
      cause: error,
    });
  }
}

/**
 * Describes a token outside of its validity period. Its signature, issuer and audience are right, and its holder has to
 * know. All other reasons go to the log only: in the response they would help an attacker.
 */
function timeFault(error: unknown, errors: typeof import('jose').errors): string | undefined {
  if (error instanceof errors.JWTExpired) return 'the token has expired. Get a new one from its issuer';
  if (!(error instanceof errors.JWTClaimValidationFailed)) return undefined;
  return error.claim === 'nbf' && error.reason === 'check_failed'
    ? 'the token is not valid yet. Compare the clocks of its issuer and of this server'
    : undefined;
}

function check({ jwks, algorithms = [], audience, issuer }: JwtOptions): void {
  if (issuer === '' || audience.length === 0 || audience.includes(''))
    throw new TypeError(
      'jwt: an issuer and an audience are required: without them, tokens for other services would be accepted',
    );
  const wrong = algorithms.find(each => !JWT_ALGORITHMS.includes(each));
  if (wrong !== undefined)
    throw new TypeError(`jwt: unsupported algorithm '${wrong}'. Supported: ${JWT_ALGORITHMS.join(', ')}`);
  if (typeof jwks === 'string' && !isKeyUrl(jwks))
    throw new TypeError(`jwt: '${jwks}' must be an https URL; http is allowed on loopback only`);
}

/**
 * Makes a verifier of an issuer's tokens. Loads the optional package `jose`.
 *
 * @throws TypeError for options that would accept foreign tokens, and when `jose` is not installed
 * @example
 * ```ts
 * import { createApp, jwtVerifier } from '@conntrack/api';
 *
 * const jwt = await jwtVerifier({
 *   issuer: 'https://login.example.com/',
 *   audience: ['conntrack'],
 *   jwks: 'https://login.example.com/.well-known/jwks.json',
 * });
 * const app = createApp({ table, auth: { tokens: [], jwt } });
 * ```
 */
export async function jwtVerifier(options: JwtOptions, now: () => number = Date.now): Promise<JwtVerifier> {
  check(options);
  const { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } = await loadJose();
  const { issuer, audience, jwks, algorithms = DEFAULT_ALGORITHMS, clockTolerance = TOLERANCE } = options;
  const local = (set: JsonWebKeySet) => {
    try {
      return createLocalJWKSet(set as Parameters<typeof createLocalJWKSet>[0]);
    } catch (error) {
      throw new TypeError('jwt: the file or response is not a JSON Web Key Set', { cause: error });
    }
  };
  let keys = typeof jwks === 'string' ? createRemoteJWKSet(new URL(jwks)) : local(jwks);
  const known = new Map<string, { principal: Principal; until: number }>();

  const verify = async (token: string, digest: string): Promise<Principal> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: [...audience],
        algorithms: [...algorithms],
        clockTolerance,
        requiredClaims: ['exp'],
        currentDate: new Date(now()),
      });
      const principal = principalOf(payload, options);
      if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value!);
      known.set(digest, { principal, until: Math.min((payload.exp! + clockTolerance) * 1000, now() + KNOWN) });
      return principal;
    } catch (error) {
      const { code } = error as { code?: string };
      const ofKeys = error instanceof errors.JOSEError ? UNAVAILABLE.has(code!) : error instanceof TypeError;
      if (ofKeys)
        throw new Problem(
          'keys-unavailable',
          "the keys of the token's issuer are not available, so its tokens cannot be verified. Try again later",
          {},
          { 'retry-after': '5' },
          error,
        );
      throw new Problem('unauthenticated', timeFault(error, errors) ?? 'unknown token', {}, {}, error);
    }
  };
  return Object.assign(
    (token: string) => {
      const digest = hash('sha256', token);
      const found = known.get(digest);
      if (found !== undefined && now() < found.until) return found.principal;
      known.delete(digest);
      return verify(token, digest);
    },
    {
      renew(set: JsonWebKeySet) {
        if (typeof jwks === 'string') throw new TypeError('jwt: the keys come from a URL and cannot be replaced');
        keys = local(set);
        known.clear();
      },
    },
  );
}

/** Whether a token looks like a JWT. */
export const looksLikeJwt = (token: string): boolean => /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token);
