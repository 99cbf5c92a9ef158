import { connect } from 'node:net';
import { PROBLEMS, type ProblemCode, TABLE_PROBLEMS } from '@conntrack/client/protocol';
import { parseQuery } from '@conntrack/filter';
import { ConntrackTable, MemorySource, TableError, type TableErrorCode } from '@conntrack/table';
import { expect, test } from 'vitest';
import { hashToken, jwtVerifier, SCOPES, serve } from '../../src/index.js';
import { sample, tcpFlow } from '../flows.js';
import { body, newFlow, newPlan, problem, TOKEN, tableOf, testApp, withScopes } from '../support.js';

/** A source that fails every read with one error, like a kernel can. */
class FailingSource extends MemorySource {
  constructor(readonly error: unknown) {
    super();
  }
  override async capabilities(): Promise<never> {
    throw this.error;
  }
}

const failing = (code: TableErrorCode) =>
  testApp({ table: new ConntrackTable(new FailingSource(new TableError(code, 'the reason'))) });

/** A raw exchange on a separate socket, for requests that no HTTP client would send. */
async function raw(port: number, text: string): Promise<Response> {
  const socket = connect(port, '127.0.0.1');
  socket.end(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  const [head = '', content] = answer.split('\r\n\r\n');
  const [status, ...headers] = head.split('\r\n');
  return new Response(content ?? '', {
    status: Number(status!.split(' ')[1]),
    headers: headers.map(line => line.split(': ', 2) as [string, string]),
  });
}

async function onServer(text: string): Promise<Response> {
  const server = await serve({ table: tableOf(), listen: '127.0.0.1:0', anonymous: 'read' });
  try {
    return await raw(Number(new URL(server.url).port), text);
  } finally {
    await server.close();
  }
}

const first = tcpFlow(1);
const keyOf = async (app = testApp()): Promise<string> =>
  (await app.json<{ items: { key: string }[] }>(`/conntrack?proto=tcp&src=${first.original.src}`)).items[0]!.key;
/** The key of a flow that was replaced: the same tuple with another id. */
const replacedKey = async (): Promise<string> => keyOf(testApp({ table: tableOf([{ ...first, id: 9 }]) }));

/** A request that leads to each code. */
const REACHED: Record<ProblemCode, () => Promise<Response>> = {
  'request-malformed': () => onServer('NONSENSE\r\n\r\n'),
  'filter-invalid': () => testApp().request('/conntrack?dprot=443'),
  'filter-required': () => testApp().request('/conntrack', { method: 'DELETE' }),
  'parameter-invalid': () => testApp().request('/conntrack?limit=none'),
  'cursor-invalid': () => testApp().request('/conntrack?cursor=nonsense'),
  'position-gone': () => testApp().request('/conntrack/events?since=0123456789-5'),
  'key-invalid': () => testApp().request('/conntrack/nonsense'),
  'json-malformed': () => testApp().request('/conntrack', body('{"timeout":')),
  'body-unexpected': () => testApp().request('/conntrack?proto=tcp', body({ filter: 'proto=udp' }, 'DELETE')),
  'token-in-url': () => testApp().request(`/conntrack?access_token=${TOKEN}`),
  unauthenticated: () => testApp().request('/conntrack', { token: null }),
  'scope-missing': () =>
    testApp({ auth: withScopes(['flows:read']) }).request('/conntrack?proto=tcp', { method: 'DELETE' }),
  'host-forbidden': () => testApp().request('http://evil.example/conntrack'),
  'origin-forbidden': () => testApp().request('/conntrack', { headers: { origin: 'http://evil.example' } }),
  protected: async () =>
    testApp({ table: tableOf(sample(), { protect: parseQuery(`src=${first.original.src}`, {}).filter }) }).request(
      `/conntrack/${await keyOf()}`,
      { method: 'DELETE' },
    ),
  outside: () =>
    testApp({
      auth: {
        tokens: [
          {
            name: 'tenant',
            sha256: hashToken(TOKEN),
            scopes: SCOPES,
            filter: parseQuery('src=10.9.0.0/16', {}).filter,
          },
        ],
      },
    }).request('/conntrack', body(newFlow)),
  'route-not-found': () => testApp().request('/nowhere'),
  'not-found': async () => testApp({ table: tableOf([]) }).request(`/conntrack/${await keyOf()}`),
  'flow-replaced': async () => testApp().request(`/conntrack/${await replacedKey()}`),
  'method-not-allowed': () => testApp().request('/conntrack', { method: 'PUT' }),
  'read-only': () => testApp({ readOnly: true }).request('/conntrack?proto=tcp', { method: 'DELETE' }),
  'netns-unknown': () => testApp({ netns: () => undefined }).request('/netns/blue/conntrack'),
  'plan-unknown': () => testApp().request('/conntrack/plans/x/execute', { method: 'POST' }),
  'plan-used': async () => {
    const app = testApp();
    const { execute } = await app.json<{ execute: string }>('/conntrack/plans', body(newPlan));
    await app.request(execute, { method: 'POST' });
    return app.request(execute, { method: 'POST' });
  },
  'plan-expired': async () => {
    let now = 0;
    const app = testApp({ table: tableOf(sample(), { now: () => now }) });
    const { execute } = await app.json<{ execute: string }>('/conntrack/plans', body(newPlan));
    now = 60_000;
    return app.request(execute, { method: 'POST' });
  },
  'idempotency-key-invalid': () =>
    testApp().request('/conntrack?proto=tcp', { method: 'DELETE', headers: { 'idempotency-key': 'a b' } }),
  'idempotency-key-reused': async () => {
    const app = testApp();
    const headers = { 'idempotency-key': 'mine' };
    await app.request('/conntrack?proto=tcp', { method: 'DELETE', headers });
    return app.request('/conntrack?proto=udp', { method: 'DELETE', headers });
  },
  'client-left': () => testApp().request('/conntrack', { signal: AbortSignal.abort() }),
  'precondition-failed': () =>
    testApp().request('/conntrack?proto=tcp', { method: 'DELETE', headers: { 'if-match': '"1"' } }),
  'too-many-plans': async () => {
    const app = testApp({ limits: { plansPerPrincipal: 1 } });
    await app.request('/conntrack/plans', body(newPlan));
    return app.request('/conntrack/plans', body(newPlan));
  },
  'too-many-bodies': async () => {
    const app = testApp();
    const streams: ReadableStreamDefaultController[] = [];
    // Two bodies occupy their slots and do not end, 64 wait, and the next one is rejected.
    const answers = Array.from({ length: 67 }, () => {
      const start = (stream: ReadableStreamDefaultController): void => {
        streams.push(stream);
        stream.enqueue(new Uint8Array(64 * 1024));
      };
      return app.request('/conntrack/search', {
        ...body({}),
        body: new ReadableStream({ start }),
        duplex: 'half',
      } as RequestInit);
    });
    const refused = await Promise.race(answers);
    for (const stream of streams) stream.error(new Error('the client leaves'));
    await Promise.all(answers);
    return refused;
  },
  'too-many-dumps': () => testApp({ limits: { dumpsPerPrincipal: 0 } }).request('/conntrack'),
  'keys-unavailable': async () => {
    const jwt = await jwtVerifier({ issuer: 'x', audience: ['x'], jwks: 'http://127.0.0.1:1/nobody-listens' });
    const app = testApp({ auth: { tokens: [], jwt } });
    const [head, claims] = [{ alg: 'RS256' }, { iss: 'x' }].map(part =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    return app.request('/conntrack', { token: `${head}.${claims}.c2lnbmF0dXJl` });
  },
  'server-busy': () => testApp({ limits: { dumps: 0 } }).request('/conntrack'),
  'too-many-subscribers': async () => {
    await using server = await serve({
      table: tableOf(),
      listen: '127.0.0.1:0',
      anonymous: 'read',
      limits: { subscribersPerPrincipal: 0 },
    });
    const response = await fetch(`${server.url}/conntrack/events`);
    return new Response(await response.text(), response);
  },
  // No memory for matching flows at all.
  'too-many-flows': () =>
    testApp({ eventLimits: { matchingBytes: 100 } }).request('/conntrack/events?state=ESTABLISHED&initial=true'),
  'too-many-requests': () => testApp({ limits: { requests: 0 } }).request('/conntrack'),
  'not-acceptable': () => testApp().request('/conntrack', { headers: { accept: 'image/png' } }),
  'request-timeout': async () => {
    const { answerClientError } = await import('../../src/server/client-error.js');
    const { Duplex } = await import('node:stream');
    let text = '';
    const socket = new Duplex({
      read() {},
      write(chunk, _, done) {
        text += chunk;
        done();
      },
    });
    answerClientError(Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket, '');
    const [head = '', content] = text.split('\r\n\r\n');
    return new Response(content, {
      status: Number(head.split(' ')[1]),
      headers: { 'content-type': /content-type: (\S+)/.exec(head)![1]! },
    });
  },
  'flow-exists': async () => {
    const app = testApp();
    await app.request('/conntrack', body(newFlow));
    return app.request('/conntrack', body(newFlow));
  },
  'flow-busy': async () => testApp().request(`/conntrack/${await keyOf()}`, body({ status: ['DYING'] }, 'PATCH')),
  'too-many-affected': () => testApp().request('/conntrack?proto=tcp&maxAffected=3', { method: 'DELETE' }),
  'expect-mismatch': () => testApp().request('/conntrack?proto=tcp&expect=3', { method: 'DELETE' }),
  'body-too-large': () => testApp().request('/conntrack', body(`"${'x'.repeat(1024 * 1024)}"`)),
  'media-type-unsupported': () => testApp().request('/conntrack', body('a=b', 'POST', 'text/plain')),
  'audit-failed': () => {
    const log = (): void => {
      throw new Error('no space left on device');
    };
    return testApp({ log, auditRequired: true }).request('/conntrack', body(newFlow));
  },
  'expectation-failed': () => onServer('POST /conntrack HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: miracles\r\n\r\n'),
  'body-invalid': () => testApp().request('/conntrack', body({ ...newFlow, timeout: 'soon' })),
  'change-invalid': async () =>
    testApp().request(`/conntrack/${await keyOf()}`, body({ state: 'COOKIE_WAIT' }, 'PATCH')),
  'field-unavailable': () => {
    class NoAccounting extends MemorySource {
      override async recorded() {
        return { counters: false, start: true, stop: true, rates: false, firstSeen: false, age: true };
      }
    }
    return testApp({ table: new ConntrackTable(new NoAccounting(sample())) }).request('/conntrack?bytes.gte=1M');
  },
  unsupported: () => failing('UNSUPPORTED').request('/capabilities'),
  'headers-too-large': () => onServer(`GET /conntrack?src=${'1'.repeat(40_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`),
  internal: () =>
    testApp({ table: new ConntrackTable(new FailingSource(new Error('a secret at /srv/app.ts:1'))) }).request(
      '/capabilities',
    ),
  'source-failed': () => failing('SOURCE_FAILED').request('/capabilities'),
  'not-privileged': () => failing('NOT_PRIVILEGED').request('/readyz'),
  'no-room': () =>
    testApp({ table: new ConntrackTable(new MemorySource([], { max: 0 })) }).request('/conntrack', body(newFlow)),
  'source-unusable': () => failing('SOURCE_UNUSABLE').request('/capabilities'),
  aborted: () => failing('STOPPED').request('/capabilities'),
};

test.each(Object.keys(PROBLEMS) as ProblemCode[])('the problem %s is reached, as problem+json', async code => {
  await problem(await REACHED[code](), code);
});

test('the type of a problem is a link to its description', async () => {
  const app = testApp();
  for (const [code, { status, title }] of Object.entries(PROBLEMS))
    expect(await app.json(`/problems/${code}`, { token: null })).toEqual({ code, status, title });
  await problem(await app.request('/problems/nothing'), 'route-not-found');
});

test('every error code of a table has a problem', () => {
  for (const code of Object.values(TABLE_PROBLEMS)) expect(PROBLEMS).toHaveProperty(code);
});

test('an unexpected failure is described in the log only', async () => {
  const app = testApp({ table: new ConntrackTable(new FailingSource(new Error('the secret'))) });
  const response = await app.request('/capabilities', { headers: { 'x-request-id': 'mine-1' } });
  const answer = await problem(response, 'internal');
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(answer.requestId).toBe('mine-1');
  expect(app.lines).toMatchObject([
    { event: 'error', requestId: 'mine-1', stack: expect.stringContaining('the secret') },
  ]);
});

test('405 and 503 have the headers that they need', async () => {
  expect((await REACHED['method-not-allowed']()).headers.get('allow')).toBe('GET, HEAD, QUERY, POST, PATCH, DELETE');
  expect((await REACHED['read-only']()).headers.get('allow')).toBe('GET, HEAD, QUERY');
  expect((await REACHED['no-room']()).headers.get('retry-after')).toBe('5');
  expect((await REACHED.unauthenticated()).headers.get('www-authenticate')).toContain('Bearer');
  expect((await REACHED['media-type-unsupported']()).headers.get('accept')).toBe('application/json');
});

test('all faults of a query are reported at once, each with its place', async () => {
  const query = 'dprot=443&state=OPENED&limit=x&nothing=1';
  const { errors } = await problem(await testApp().request(`/conntrack?${query}`), 'filter-invalid');
  expect(
    errors.map(({ offset, length }) => query.slice(offset as number, (offset as number) + (length as number))),
  ).toEqual(expect.arrayContaining(['dprot', 'OPENED', 'nothing', 'limit=x']));
  expect(errors.find(({ code }) => code === 'unknown-field')).toMatchObject({
    suggestions: expect.arrayContaining(['dport']),
  });
});

test('all faults of a body are reported at once, each with its pointer', async () => {
  const { errors } = await problem(
    await testApp().request(
      '/conntrack',
      body({ protocol: 'tcp', original: { src: 'x', dst: '1.2.3.4', 'a/b': 1 }, extra: 1 }),
    ),
    'body-invalid',
  );
  expect(errors.map(({ pointer }) => pointer)).toEqual(
    expect.arrayContaining(['/original/src', '/original/a~1b', '/timeout', '/extra']),
  );
});

test('a conflict names the key of the existing flow', async () => {
  const key = await keyOf();
  expect(await problem(await testApp().request(`/conntrack/${await replacedKey()}`), 'flow-replaced')).toMatchObject({
    key,
  });
});

test('a request without Host is answered with a problem', async () => {
  await problem(await onServer('GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'), 'request-malformed');
  await problem(await onServer('GET /livez HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'), 'request-malformed');
  await problem(
    await onServer('GET http://evil.example/livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'),
    'host-forbidden',
  );
});
