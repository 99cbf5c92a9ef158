// Each guard alone: what it accepts and what it rejects, to the character.
import { parseQuery } from '@conntrack/filter';
import { Context } from 'hono';
import { describe, expect, test } from 'vitest';
import { authenticator, requireScope } from '../../src/auth/authenticate.js';
import { constrained, type Principal, READ_SCOPES, SCOPES } from '../../src/auth/scopes.js';
import { hashToken, makeToken } from '../../src/auth/secret.js';
import { checkSecret, type StoredToken, tokenFinder } from '../../src/auth/tokens.js';
import type { Ctx, Env } from '../../src/http/context.js';
import { guardConditions, guardHost, guardOrigin, guardPath, guardUrl } from '../../src/http/guard/guard.js';
import type { HostPolicy } from '../../src/http/guard/listener-rules.js';
import { Problem } from '../../src/http/problem/problems.js';

const ask = (headers: Record<string, string> = {}, url = 'http://localhost/conntrack', env: object = {}): Ctx =>
  new Context<Env>(new Request(url, { headers }), { env }) as Ctx;

/** The problem that a guard throws. `undefined` if it accepts the request. */
function refusal(guard: () => unknown): Problem | undefined {
  try {
    guard();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    return error as Problem;
  }
}

describe('the Host header', () => {
  const policy: HostPolicy = { names: ['router.example', '192.0.2.1', '2001:db8::1'] };
  const host = (host: string, more: Partial<HostPolicy> = {}) =>
    refusal(() => guardHost(ask({ host }, `http://${host}/`), { ...policy, ...more }))?.code;

  test.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost:4680',
    'localhost:1',
    'localhost:65535',
    '127.0.0.1',
    '127.0.0.1:80',
    '127.1.2.3',
    '127.255.255.254',
    '[::1]',
    '[::1]:4680',
    'router.example',
    'Router.Example:443',
    'router.example.',
    '192.0.2.1:4680',
    '[2001:db8::1]',
    '[2001:DB8::1]:4680',
  ])('the Host header %s is accepted as this server', name => expect(host(name)).toBeUndefined());

  test.each([
    'evil.example',
    'localhost.evil.example',
    'evil-localhost',
    'mylocalhost',
    'localhosts',
    'router.example.evil',
    'xrouter.example',
    '127.0.0.1.evil.example',
    '1127.0.0.1',
    '127.0.0',
    '127.0.0.1.1',
    '127.0.0.x',
    '192.0.2.11',
    '[2001:db8::2]',
    '[::1]x',
    '[::11]',
    '[1::1]',
    '10.0.0.1',
  ])('the Host header %s is rejected as another host', name => {
    expect(refusal(() => guardHost(ask({ host: name }, 'http://localhost/'), policy))?.code).toBe('host-forbidden');
  });

  test.each([
    'user@localhost',
    'localhost:',
    'localhost:x',
    'localhost:123456',
    'localhost:80:80',
    'localhost localhost',
    'localhost/',
    'x localhost',
    '[localhost]',
    '[::1',
    '::1]',
    '::1',
    '',
  ])('the Host header %j is not a host and is rejected', name => {
    const problem = refusal(() => guardHost(ask({ host: name }, 'http://localhost/'), policy));
    expect(problem?.code).toBe('host-forbidden');
  });

  test('a server on all addresses accepts every IP address as Host, but no other name', () => {
    for (const address of ['10.0.0.1', '10.0.0.1:80', '[2001:db8::99]', '[fe80::1]:80'])
      expect([address, host(address, { anyAddress: true })]).toEqual([address, undefined]);
    for (const name of ['evil.example', '10.0.0.1.evil', '10.0.0'])
      expect(
        refusal(() => guardHost(ask({ host: name }, 'http://localhost/'), { ...policy, anyAddress: true }))?.code,
      ).toBe('host-forbidden');
    expect(host('10.0.0.1', { anyAddress: false })).toBe('host-forbidden');
  });

  test('the Host header and an absolute request target must both be allowed', () => {
    const both = (header: string, target: string) =>
      refusal(() => guardHost(ask({ host: header }, `http://${target}/conntrack?x=//evil.example/`), policy));
    expect(both('localhost', 'localhost')).toBeUndefined();
    expect(both('localhost', 'router.example')).toBeUndefined();
    expect(both('localhost', 'evil.example')?.code).toBe('host-forbidden');
    expect(both('evil.example', 'localhost')?.code).toBe('host-forbidden');
    expect(both('localhost', 'evil.example')?.message).toContain("'evil.example'");
    expect(both('localhost', 'evil.example')?.message).toContain("add the name to 'hosts'");
  });

  test('the Host header is required over HTTP; an application that is called directly uses its URL', () => {
    const missing = refusal(() => guardHost(ask({}, 'http://localhost/', { incoming: { headers: {} } }), policy));
    expect([missing?.code, missing?.message]).toEqual(['request-malformed', expect.stringContaining('no Host header')]);
    expect(refusal(() => guardHost(ask({}, 'http://localhost/'), policy))).toBeUndefined();
    expect(refusal(() => guardHost(ask({}, 'http://evil.example/'), policy))?.code).toBe('host-forbidden');
    const bare = ask({}, 'http://localhost/', undefined as never);
    Object.defineProperty(bare, 'env', { value: undefined });
    expect(refusal(() => guardHost(bare, policy))).toBeUndefined();
  });

  test('a URL that ends after its host is also checked', () => {
    const c = ask({ host: 'evil.example' });
    Object.defineProperty(c.req, 'url', { value: 'http://evil.example' });
    expect(refusal(() => guardHost(c, { names: ['evil.exampl'] }))?.code).toBe('host-forbidden');
    expect(refusal(() => guardHost(c, { names: ['evil.example'] }))).toBeUndefined();
  });

  test('a long Host is shortened in the error', () => {
    const long = `${'a'.repeat(300)}.example`;
    const problem = refusal(() => guardHost(ask({ host: long }), policy))!;
    expect(problem.message).toContain(`'${'a'.repeat(100)}'`);
  });

  test('the Host header is not checked over a unix socket', () => {
    expect(refusal(() => guardHost(ask({ host: 'evil.example' }), undefined))).toBeUndefined();
  });
});

describe('cross-site requests', () => {
  const origin = (headers: Record<string, string>, url?: string, others: string[] = []) =>
    refusal(() => guardOrigin(ask(headers, url), new Set(others)));

  test('a request without Origin and Sec-Fetch-Site does not come from a browser and is accepted', () =>
    expect(origin({})).toBeUndefined());

  test.each(['same-origin', 'none'])(
    "a request with Sec-Fetch-Site: %s comes from this server's page or was typed, and is accepted",
    site => expect(origin({ 'sec-fetch-site': site })).toBeUndefined(),
  );

  test.each(['cross-site', 'same-site', '', 'NONE', 'x'.repeat(99)])(
    'a request with Sec-Fetch-Site: %s is rejected',
    site => {
      const problem = origin({ 'sec-fetch-site': site });
      expect(problem?.code).toBe('origin-forbidden');
      expect(problem?.message).toContain(`(Sec-Fetch-Site: ${site.slice(0, 30)})`);
    },
  );

  test.each([
    ['http://localhost:4680', 'localhost:4680'],
    ['http://localhost', 'localhost'],
    ['http://localhost', 'localhost:80'],
    ['https://router.example', 'router.example:443'],
    ['https://router.example', 'router.example'],
    ['http://[::1]:4680', '[::1]:4680'],
    ['http://LOCALHOST:4680', 'localhost:4680'],
  ])('the Origin %s is the same as that of %s', (from, host) => expect(origin({ origin: from, host })).toBeUndefined());

  test.each([
    ['http://evil.example', 'localhost:4680'],
    ['http://localhost:4681', 'localhost:4680'],
    ['http://localhost', 'localhost:4680'],
    ['https://localhost', 'localhost:80'],
    ['null', 'localhost:4680'],
    ['', 'localhost:4680'],
    ['localhost:4680', 'localhost:4680'],
  ])('the Origin %s is different from that of %s', (from, host) => {
    const problem = origin({ origin: from, host });
    expect(problem?.code).toBe('origin-forbidden');
    expect(problem?.message).toContain(`a web page of '${from}' sent this`);
  });

  test('a page of an allowed origin may send requests, and its origin is in the response', () => {
    const others = ['https://console.example'];
    const c = ask({ origin: others[0]!, 'sec-fetch-site': 'cross-site' });
    guardOrigin(c, new Set(others));
    expect(c.get('origin')).toBe('https://console.example');
    for (const from of ['https://console.example.evil', 'http://console.example', 'https://CONSOLE.example', 'null'])
      expect(origin({ origin: from }, undefined, others)?.code).toBe('origin-forbidden');
    expect(origin({ 'sec-fetch-site': 'cross-site' }, undefined, others)?.code).toBe('origin-forbidden');
    expect(origin({}, undefined, others)).toBeUndefined();
    const own = ask({ origin: 'http://localhost' });
    guardOrigin(own, new Set(others));
    expect(own.get('origin')).toBeUndefined();
  });

  test("without a Host header, the URL's host is compared with the Origin", () => {
    expect(origin({ origin: 'http://localhost:4680' }, 'http://localhost:4680/x')).toBeUndefined();
    expect(origin({ origin: 'http://evil.example' }, 'http://localhost:4680/x')?.code).toBe('origin-forbidden');
  });

  test('a long Origin is shortened in the error', () => {
    const long = `http://${'a'.repeat(200)}.example`;
    expect(origin({ origin: long })?.message).toContain(`'${long.slice(0, 100)}'`);
  });
});

describe('a credential in the URL', () => {
  const url = (query: string) => refusal(() => guardUrl(ask({}, `http://localhost/conntrack${query}`)));

  test.each([
    'access_token',
    'accesstoken',
    'ACCESS_TOKEN',
    'apikey',
    'api_key',
    'auth',
    'authorization',
    'bearer',
    'password',
    'secret',
    'token',
    '%74oken',
  ])('the query parameter %s is rejected as a credential, first or last, with or without a value', name => {
    for (const query of [`?${name}=x`, `?${name}`, `?a=1&${name}=x`, `?${name}=x&b=2`]) {
      const problem = url(query);
      expect([query, problem?.code]).toEqual([query, 'token-in-url']);
      expect(problem?.message).toContain(`'${decodeURIComponent(name)}' in a URL ends up in logs`);
    }
  });

  test.each(['', '?', '?proto=tcp', '?tokens=1', '?mytoken=1', '?x=token', '?x=1#&token=1', '?%zz=1&a', '?authx=1'])(
    'the query parameter %j is not treated as a credential',
    query => expect(url(query)).toBeUndefined(),
  );

  test('a badly encoded name does not hide a credential after it', () => {
    expect(url('?%zz=1&token=x')?.code).toBe('token-in-url');
  });
});

describe('dot segments in a path', () => {
  const path = (url: string) => refusal(() => guardPath(ask({}, undefined, { incoming: { url } })));

  test.each([
    '/.',
    '/..',
    '/a/../b',
    '/a/./b',
    '/a/..',
    '/%2e',
    '/%2E%2e/b',
    '/a/.%2e/b',
    '/a/%2e./b?x=1',

    '%2e%2e/x',
    '../x',
  ])('the path %s is rejected because of dot segments', url => {
    const problem = path(url);
    expect([problem?.code, problem?.message]).toEqual([
      'request-malformed',
      expect.stringContaining(`the path '${url.split('?')[0]}' has dot segments`),
    ]);
  });

  test.each([
    '/',
    '/a',
    '/a.b',
    '/.well-known/x',
    '/a/...',
    '/a/..b',
    '/a/b..',
    '/%2ea',
    '/a%2e',
    '/a?x=/../b',
    '/a?x=%2e',
    '/%41/..x',
  ])('the path %s has no dot segments and is accepted', url => expect(path(url)).toBeUndefined());

  test('a long path is shortened in the error, and requests without a server are not checked for dot segments', () => {
    expect(path(`/${'a'.repeat(200)}/..`)?.message).toContain(`'/${'a'.repeat(99)}'`);
    expect(refusal(() => guardPath(ask({}, 'http://localhost/%2e')))).toBeUndefined();
    const bare = ask();
    Object.defineProperty(bare, 'env', { value: undefined });
    expect(refusal(() => guardPath(bare))).toBeUndefined();
  });
});

test('an If-Match with a tag is rejected because flows have no entity tags; * is accepted', () => {
  const tags = (value: string) => refusal(() => guardConditions(ask({ 'if-match': value })));
  for (const value of ['"x"', 'W/"x"', '', '**', '*, "x"'])
    expect([value, tags(value)?.code]).toEqual([value, 'precondition-failed']);
  expect(tags('"x"')?.message).toContain('Omit If-Match');
  for (const value of ['*', ' * ']) expect(tags(value)).toBeUndefined();
  expect(refusal(() => guardConditions(ask()))).toBeUndefined();
});

describe('a token', () => {
  const now = Date.UTC(2026, 0, 1);
  const stored = (name: string, more: Partial<StoredToken> = {}): StoredToken => ({
    name,
    sha256: hashToken(`token of ${name}`),
    scopes: ['flows:read'],
    ...more,
  });

  test('a token is found by its hash, with its scopes', () => {
    const filter = parseQuery('proto=tcp').filter;
    const find = tokenFinder([stored('one'), stored('two', { filter, netns: ['blue'] })], () => now);
    expect(find('token of one')).toEqual({ principal: { name: 'one', scopes: ['flows:read'] }, expired: false });
    expect(find('token of two')?.principal).toEqual({ name: 'two', scopes: ['flows:read'], filter, netns: ['blue'] });
    expect(find('token of three')).toBeUndefined();
    expect(find('')).toBeUndefined();
    const upper = { ...stored('one'), sha256: hashToken('token of one').toUpperCase() };
    expect(tokenFinder([upper])('token of one')?.principal.name).toBe('one');
  });

  test('a connection that presents tokens again is their holder each time, until they expire', () => {
    let time = now;
    const find = tokenFinder([stored('one', { expires: new Date(now + 10) }), stored('two')], () => time);
    const [connection, other] = [{}, {}];
    const holders = (...tokens: [string, object?][]) =>
      tokens.map(([token, by]) => {
        const found = find(`token of ${token}`, by);
        return found && [found.principal.name, found.expired];
      });
    const [one, two] = [
      ['one', false],
      ['two', false],
    ];
    expect(holders(['one', connection], ['one', connection], ['two', connection], ['one', connection])).toEqual([
      one,
      one,
      two,
      one,
    ]);
    expect(holders(['three', connection], ['one', other], ['three', other], ['one'], ['three'])).toEqual([
      undefined,
      one,
      undefined,
      one,
      undefined,
    ]);
    time = now + 10;
    expect(holders(['one', connection], ['two', connection])).toEqual([['one', true], two]);
  });

  test('a token is expired from exactly its expiry on', () => {
    const find = (expires: number) =>
      tokenFinder([stored('x', { expires: new Date(expires) })], () => now)('token of x');
    expect([now - 1, now, now + 1].map(expires => find(expires)?.expired)).toEqual([true, true, false]);
    expect(tokenFinder([stored('x')])('token of x')?.expired).toBe(false);
    expect(tokenFinder([stored('x', { expires: new Date(0) })])('token of x')?.expired).toBe(true);
  });

  test.each([
    '',
    'x',
    'a'.repeat(63),
    'a'.repeat(65),
    `${'a'.repeat(63)}g`,
    ` ${'a'.repeat(64)}`,
    `${'a'.repeat(64)} `,
  ])('the stored hash %j is rejected', sha256 =>
    expect(() => tokenFinder([stored('bad', { sha256 })])).toThrow(/^the hash of token 'bad' must be 64 hex/),
  );

  test('a token with an invalid expiry, or with a filter that matches nothing, is rejected when the server starts', () => {
    const expires = new Date('never');
    expect(() => tokenFinder([stored('bad', { expires })])).toThrow("the expiry of token 'bad' must be a valid date");
    expect(() => tokenFinder([stored('bad', { filter: parseQuery('event=new').filter })])).toThrow(/event/);
    const counters = parseQuery('bytes>0&age>1').filter;
    expect(() => tokenFinder([stored('good', { filter: counters })])).not.toThrow();
  });

  test('a generated token is random, long, and valid in a header', () => {
    const [one, two] = [makeToken(), makeToken()];
    expect(one).toMatch(/^ct_[\w-]{43}$/);
    expect(one).not.toBe(two);
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  test('an admin token must have at least 16 characters', () => {
    expect(() => checkSecret('a'.repeat(16))).not.toThrow();
    expect(() => checkSecret('a'.repeat(15))).toThrow(
      /^the admin token has 15 characters; the minimum is 16\. .*ctctl token/,
    );
  });
});

describe('the principal of a request', () => {
  const past = new Date(0);
  const tokens: StoredToken[] = [
    { name: 'one', sha256: hashToken('a.b~c+d/e-f=='), scopes: ['flows:read'] },
    { name: 'old', sha256: hashToken('old'), scopes: SCOPES, expires: past },
  ];
  const fallback: Principal = { name: 'anonymous', scopes: READ_SCOPES };
  const who = authenticator({ tokens, fallback });

  test.each(['Bearer a.b~c+d/e-f==', 'bearer a.b~c+d/e-f==', 'Bearer   a.b~c+d/e-f== ', 'BEARER a.b~c+d/e-f=='])(
    "the Authorization header %j identifies the token's holder",
    authorization => expect(who(ask({ authorization }))).toMatchObject({ name: 'one' }),
  );

  test.each([
    ['', "must be 'Bearer TOKEN'"],
    ['Bearer', "must be 'Bearer TOKEN'"],
    ['Bearer ', "must be 'Bearer TOKEN'"],
    ['Basic a.b~c+d/e-f==', "must be 'Bearer TOKEN'"],
    ['xBearer a.b~c+d/e-f==', "must be 'Bearer TOKEN'"],
    ['Bearer a.b~c+d/e-f== x', "must be 'Bearer TOKEN'"],
    ['Bearer a=b', "must be 'Bearer TOKEN'"],
    ['Bearer wrong', 'unknown token'],
    ['Bearer old', "the token of 'old' has expired"],
  ])('the Authorization header %j is rejected, even if anonymous reading is enabled', (authorization, why) => {
    const problem = refusal(() => who(ask({ authorization })))!;
    expect(problem.code).toBe('unauthenticated');
    expect(problem.message).toContain(why);
    expect(problem.headers).toEqual({ 'www-authenticate': 'Bearer realm="conntrack", error="invalid_token"' });
  });

  describe('an issuer is asked for the holder', () => {
    const jwt = 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA';
    const asked: string[] = [];
    const holder: Principal = { name: 'jwt:alice', scopes: READ_SCOPES };
    const byIssuer = authenticator({
      tokens: [...tokens, { name: 'old jwt', sha256: hashToken(jwt), scopes: SCOPES, expires: past }],
      jwt: Object.assign(
        (token: string) => {
          asked.push(token);
          return holder;
        },
        { renew: () => {} },
      ),
    });
    const other = jwt.replace('e30', 'e31');

    test("an issuer is asked about a token that looks like a JWT and is not one of the server's", () => {
      expect(byIssuer(ask({ authorization: `Bearer ${other}` }))).toBe(holder);
      expect(asked.splice(0)).toEqual([other]);
    });

    test.each([
      [`Bearer ${jwt}`, "the token of 'old jwt' has expired"],
      ['Bearer wrong', 'unknown token'],
      [`Basic ${other}`, "must be 'Bearer TOKEN'"],
    ])('an issuer is never asked about %s', (authorization, why) => {
      expect(refusal(() => byIssuer(ask({ authorization })))!.message).toContain(why);
      expect(asked).toEqual([]);
    });

    test('without an issuer, a token that looks like a JWT is unknown', () => {
      const problem = refusal(() => who(ask({ authorization: `Bearer ${other}` })))!;
      expect([problem.code, problem.message]).toEqual(['unauthenticated', 'unknown token']);
    });
  });

  test('a request without a token gets the principal of its connection, otherwise the fallback', () => {
    expect(who(ask())).toBe(fallback);
    expect(authenticator({ tokens })(ask())).toBeUndefined();
    const incoming = { socket: 1, headers: {} };
    const known: Principal = { name: 'unix-socket', scopes: SCOPES };
    const listenerRules = { identify: (request: unknown) => (request === incoming ? known : undefined) };
    expect(who(ask({}, undefined, { listenerRules, incoming }))).toBe(known);
    expect(who(ask({}, undefined, { listenerRules }))).toBe(fallback);
    expect(who(new Context<Env>(new Request('http://localhost/')) as Ctx)).toBe(fallback);
  });

  test("a token's holder can be found by a function, with a given clock", () => {
    const find = authenticator({ tokens: token => ({ principal: { name: token, scopes: [] }, expired: false }) });
    expect(find(ask({ authorization: 'Bearer any' }))).toMatchObject({ name: 'any' });
    const before = authenticator({ tokens, now: () => -1 });
    expect(before(ask({ authorization: 'Bearer old' }))).toMatchObject({ name: 'old' });
  });
});

describe('a scope', () => {
  const reader: Principal = { name: 'reader', scopes: ['flows:read', 'stats:read'] };

  test('a principal with the required scope, or one of several, is accepted; without a required scope, any principal is', () => {
    for (const wanted of ['flows:read', ['flows:delete', 'stats:read'], undefined] as const)
      expect(requireScope(reader, wanted)).toBe(reader);
    expect(requireScope({ name: 'anonymous', scopes: [] }, undefined).name).toBe('anonymous');
  });

  test('the error for a missing scope names the scope', () => {
    for (const wanted of ['flows:delete', ['flows:delete', 'flows:flush']] as const) {
      const problem = refusal(() => requireScope(reader, wanted))!;
      expect([problem.code, problem.message]).toEqual([
        'scope-missing',
        "the token of 'reader' lacks the scope 'flows:delete'",
      ]);
      expect(problem.extras).toEqual({ scope: 'flows:delete' });
      expect(problem.headers).toEqual({
        'www-authenticate': 'Bearer realm="conntrack", error="insufficient_scope", scope="flows:delete"',
      });
    }
    expect(refusal(() => requireScope(reader, []))).toBeDefined();
  });

  test('an anonymous reader is asked for a token if the scope is not open to all', () => {
    const problem = refusal(() => requireScope({ name: 'anonymous', scopes: READ_SCOPES }, 'flows:delete'))!;
    expect(problem.code).toBe('unauthenticated');
    expect(problem.message).toContain("is read-only; 'flows:delete' needs 'Authorization: Bearer TOKEN'");
    expect(problem.extras).toEqual({ scope: 'flows:delete' });
    expect(problem.headers).toEqual({ 'www-authenticate': 'Bearer realm="conntrack", scope="flows:delete"' });
  });

  test('every operation without a principal is asked for a token', () => {
    for (const wanted of ['flows:read', undefined] as const) {
      const problem = refusal(() => requireScope(undefined, wanted))!;
      expect([problem.code, problem.message]).toEqual([
        'unauthenticated',
        expect.stringContaining('a token is required'),
      ]);
      expect(problem.headers).toEqual({ 'www-authenticate': 'Bearer realm="conntrack"' });
    }
  });

  test('the scopes without a token only read, and the list of all scopes is complete', () => {
    expect(READ_SCOPES).toEqual(['flows:read', 'flows:watch', 'stats:read']);
    expect([...SCOPES].sort()).toEqual(
      [...READ_SCOPES, 'flows:create', 'flows:update', 'flows:delete', 'flows:flush', 'history:read'].sort(),
    );
  });

  test("a principal's filter is ANDed with the requested filter", () => {
    const asked = parseQuery('dport=80').filter;
    const limit = parseQuery('proto=tcp').filter;
    expect(constrained(asked, reader)).toBe(asked);
    expect(constrained(asked, { ...reader, filter: limit })).toEqual({ kind: 'and', terms: [limit, asked] });
  });
});
