import { parseQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { describe, expect, test } from 'vitest';
import { sample } from '../flows.js';
import { body, newFlow, problem, type TestApp, TOKEN, tableOf, testApp } from '../support.js';

const keyOf = async (app: TestApp, query: string): Promise<string> =>
  (await app.json<{ items: Flow[] }>(`/conntrack?${query}`)).items[0]!.key!;
const countOf = async (app: TestApp, query = ''): Promise<number> =>
  (await app.json<{ count: number }>(`/conntrack/count?${query}`)).count;
const audits = (app: TestApp) => app.lines.filter(({ event }) => event === 'audit');

describe('create', () => {
  test('a create responds with 201 and Location, and the flow exists', async () => {
    const app = testApp();
    const response = await app.request(
      '/conntrack',
      body({ ...newFlow, state: 'established', status: ['assured'], mark: 7 }),
    );
    expect(response.status).toBe(201);
    const flow = (await response.json()) as Flow;
    expect(flow).toMatchObject({ family: 'ipv4', protonum: 6, state: 'ESTABLISHED', mark: 7, reply: { sport: 443 } });
    expect(response.headers.get('location')).toBe(`/conntrack/${flow.key}`);
    expect(await app.json(response.headers.get('location')!)).toEqual(flow);
    expect(audits(app)).toMatchObject([
      { principal: 'tester', operation: 'createFlow', status: 201, outcome: 'ok', key: flow.key },
    ]);
  });

  test('a create with an existing tuple is answered with 409 and the key of the existing flow', async () => {
    const app = testApp();
    const { key } = await app.json<Flow>('/conntrack', body(newFlow));
    expect(await problem(await app.request('/conntrack', body(newFlow)), 'flow-exists')).toMatchObject({ key });
  });

  test('a create accepts ICMPv6 by number, with NAT', async () => {
    const app = testApp();
    expect(
      await app.json(
        '/conntrack',
        body({
          protonum: 58,
          original: { src: '2001:DB8::5', dst: '[2001:db8::6]', type: 128, code: 0, id: 1 },
          timeout: 30,
        }),
      ),
    ).toMatchObject({ family: 'ipv6', original: { src: '2001:db8::5', dst: '2001:db8::6' }, reply: { type: 129 } });
    expect(
      await app.json('/conntrack', body({ ...newFlow, nat: { src: { address: '203.0.113.9', port: 1024 } } })),
    ).toMatchObject({
      reply: { dst: '203.0.113.9', dport: 1024 },
    });
  });

  test.each([
    ['no protocol', { protocol: undefined }, '/protocol'],
    ['an unknown protocol', { protocol: 'tpc' }, '/protocol'],
    ['a protonum that contradicts the protocol', { protonum: 17 }, '/protonum'],
    ['a state of another protocol', { state: 'COOKIE_WAIT' }, '/state'],
    ['an unknown state', { state: 'OPENED' }, '/state'],
    ['a family that contradicts the addresses', { family: 'ipv6' }, '/original/src'],
    ['a missing port', { original: { src: '1.1.1.1', dst: '2.2.2.2', sport: 1 } }, '/original/dport'],
    ['an ICMP type in TCP', { original: { ...newFlow.original, type: 8 } }, '/original/type'],
    ['a port too large', { original: { ...newFlow.original, sport: 65536 } }, '/original/sport'],
    ['an unknown status bit', { status: ['ASURED'] }, '/status/0'],
    ['NAT to another family', { nat: { dst: { address: '::1' } } }, '/nat/dst/address'],
    ['a label out of range', { labels: [128] }, '/labels/0'],
    ['a key', { key: 'ct1.x' }, '/key'],
  ])('a create with %s is a fault with its pointer', async (_, change, pointer) => {
    const { errors } = await problem(
      await testApp().request('/conntrack', body({ ...newFlow, ...change })),
      'body-invalid',
    );
    expect(errors.map(error => error.pointer)).toContain(pointer);
  });

  test.each(['null', '[]', '"x"', '{}', '{"__proto__":1}'])(
    'a create with an invalid body is rejected: %s',
    async text => {
      await problem(await testApp().request('/conntrack', body(text)), 'body-invalid');
    },
  );
});

describe('one flow', () => {
  test('a PATCH changes the given members and returns the flow', async () => {
    const app = testApp();
    const key = await keyOf(app, 'src=10.0.0.1&proto=tcp');
    const change = { mark: 0x10, markMask: 0xf0, timeout: 60, status: ['fixed_timeout'], labels: [3, 1] };
    expect(await app.json(`/conntrack/${key}`, body(change, 'PATCH', 'application/merge-patch+json'))).toMatchObject({
      mark: 0x11,
      timeout: 60,
      labels: [1, 3],
      status: expect.arrayContaining(['ASSURED', 'FIXED_TIMEOUT']),
    });
    expect(audits(app)).toMatchObject([{ operation: 'updateFlow', key, outcome: 'ok', change: { mark: 0x10 } }]);
    await problem(await app.request(`/conntrack/${key}`, body({ timeout: 5 }, 'PATCH')), 'flow-busy');
    expect(audits(app).at(-1)).toMatchObject({ outcome: 'flow-busy', status: 409, key });
  });

  test.each([
    {},
    { markMask: 1 },
    { labelsMask: [1] },
    { helper: 'ftp' },
    { mark: -1 },
    { mark: '0x1' },
    { colour: 1 },
  ])('an invalid change is rejected: %j', async change => {
    const app = testApp();
    await problem(await app.request(`/conntrack/${await keyOf(app, '')}`, body(change, 'PATCH')), 'body-invalid');
  });

  test('a DELETE responds with 204, then with 404', async () => {
    const app = testApp();
    const key = await keyOf(app, 'proto=udp');
    const response = await app.request(`/conntrack/${key}`, { method: 'DELETE' });
    expect([response.status, await response.text()]).toEqual([204, '']);
    await problem(await app.request(`/conntrack/${key}`, { method: 'DELETE' }), 'not-found');
    expect(audits(app).map(({ outcome }) => outcome)).toEqual(['ok', 'not-found']);
  });

  test('a delete or update does not affect a connection that replaced the flow', async () => {
    const table = tableOf();
    const app = testApp({ table });
    const key = await keyOf(app, 'proto=udp');
    await app.request(`/conntrack/${key}`, { method: 'DELETE' });
    const { original } = sample()[10]!;
    const { src, dst, sport, dport } = original;
    await app.json('/conntrack', body({ protocol: 'udp', original: { src, dst, sport, dport }, timeout: 5 }));
    await problem(await app.request(`/conntrack/${key}`, { method: 'DELETE' }), 'flow-replaced');
    expect(await countOf(app, 'proto=udp')).toBe(1);
  });
});

describe('bulk changes', () => {
  test('a bulk DELETE returns its counts', async () => {
    const app = testApp();
    expect(await app.json('/conntrack?proto=tcp&sport=40000&expect=10', { method: 'DELETE' })).toMatchObject({
      deleted: 10,
      matched: 10,
      gone: 0,
      failed: 0,
      skipped: 0,
      breakdown: { 'tcp ESTABLISHED': 10 },
    });
    expect(await countOf(app)).toBe(2);
    expect(audits(app)).toMatchObject([
      { operation: 'deleteFlows', filter: 'proto=tcp&sport=40000', expect: 10, deleted: 10 },
    ]);
  });

  test('a bulk PATCH changes all flows, or shows how many it would change', async () => {
    const app = testApp();
    const dry = await app.json<{ sample: Flow[] }>('/conntrack?proto=tcp&dryRun=true', body({ mark: 9 }, 'PATCH'));
    expect(dry).toMatchObject({ dryRun: true, matched: 10, updated: 0 });
    expect(dry.sample).toHaveLength(10);
    expect(await countOf(app, 'mark=9')).toBe(0);
    expect(await app.json('/conntrack?proto=tcp', body({ mark: 9 }, 'PATCH'))).toMatchObject({ updated: 10 });
    expect(await countOf(app, 'mark=9')).toBe(10);
  });

  test.each(['', '?', '?maxAffected=1000000', '?dryRun', '?expect=12', '?dryRun=false&expect=12'])(
    'a bulk change without a predicate changes nothing: %s',
    async query => {
      const app = testApp();
      await problem(await app.request(`/conntrack${query}`, { method: 'DELETE' }), 'filter-required');
      await problem(await app.request(`/conntrack${query}`, body({ mark: 1 }, 'PATCH')), 'filter-required');
      expect(await countOf(app, 'mark=0,1')).toBe(12);
    },
  );

  test.each([
    'proto=tcp&maxAffected=9',
    'proto=tcp&expect=9',
    'proto=tcp&expect=x',
    'proto=tcp&maxaffected=5',
    'proto=tcp&limit=5',
    'src=10.0.0.1/8',
    'event.not=new',
    'proto=tcp&nosuch=1',
  ])('a bulk change with an unmet limit or an unknown option changes nothing: %s', async query => {
    const app = testApp();
    const response = await app.request(`/conntrack?${query}`, { method: 'DELETE' });
    expect([400, 409]).toContain(response.status);
    expect(await countOf(app)).toBe(12);
  });

  test("the server's own maximum limits a bulk change", async () => {
    const app = testApp({ limits: { maxAffected: 5 } });
    await problem(await app.request('/conntrack?proto=tcp&maxAffected=6', { method: 'DELETE' }), 'parameter-invalid');
    await problem(await app.request('/conntrack?proto=tcp', { method: 'DELETE' }), 'too-many-affected');
  });

  test.each(['DELETE', 'PATCH'])('a strict %s looks up each flow again, and is audited', async method => {
    const app = testApp();
    for (const strict of ['&strict', '&strict=false', ''])
      await app.json(`/conntrack?proto=tcp${strict}`, method === 'PATCH' ? body({ mark: 9 }, 'PATCH') : { method });
    expect(audits(app).map(({ strict }) => strict)).toEqual([true, false, undefined]);
    const dry = await app.json<{ plan: { execute: string } }>('/conntrack?proto=udp&dryRun&strict', {
      method: 'DELETE',
    });
    await app.json(`/conntrack/${await keyOf(app, 'proto=udp')}`, body({ mark: 99 }, 'PATCH'));
    expect(await app.json(dry.plan.execute, { method: 'POST' })).toMatchObject({ deleted: 0, skipped: 1 });
    await problem(await app.request('/conntrack?proto=udp&strict=1', { method: 'DELETE' }), 'parameter-invalid');
  });

  test('a bulk change skips and counts protected flows', async () => {
    const { filter } = parseQuery('src=10.0.0.1', {});
    const app = testApp({ table: tableOf(sample(), { protect: filter }) });
    expect(await app.json('/conntrack?family=ipv4', { method: 'DELETE' })).toMatchObject({
      deleted: 9,
      skipped: 2,
      matched: 11,
    });
  });
});

test('a change with If-Match is rejected because flows have no entity tags', async () => {
  const app = testApp();
  const key = await keyOf(app, 'proto=udp');
  const change = (init: RequestInit, tag: string) => {
    const headers = new Headers(init.headers);
    headers.set('if-match', tag);
    return app.request(`/conntrack/${key}`, { ...init, headers });
  };
  for (const tag of ['"1"', 'W/"1"', '"1", "2"', ''])
    for (const init of [body({ mark: 9 }, 'PATCH'), { method: 'DELETE' }])
      await problem(await change(init, tag), 'precondition-failed');
  expect(audits(app)).toHaveLength(8);
  expect(await countOf(app, 'proto=udp&mark.not=9')).toBe(1);
  expect((await change(body({ mark: 9 }, 'PATCH'), '*')).status).toBe(200);
  expect((await app.request(`/conntrack/${key}`, { headers: { 'if-match': '"1"' } })).status).toBe(200);
});

describe('flush', () => {
  test('a flush must be confirmed', async () => {
    const app = testApp();
    for (const wrong of [
      {},
      { confirm: true },
      { confirm: 'yes' },
      { confirm: 'flush', zones: 1 },
      { confirm: 'flush', markMask: 1 },
    ])
      await problem(await app.request('/conntrack/flush', body(wrong)), 'body-invalid');
    expect(await countOf(app)).toBe(12);
    expect(await app.json('/conntrack/flush', body({ confirm: 'flush' }))).toEqual({ flushed: { all: true } });
    expect(await countOf(app)).toBe(0);
    expect(audits(app).at(-1)).toMatchObject({ operation: 'flushFlows', outcome: 'ok', scope: { all: true } });
  });

  test('a flush skips protected flows and counts the others', async () => {
    const { filter } = parseQuery('proto=tcp');
    const app = testApp({ table: tableOf(sample(), { protect: filter }) });
    const tcp = await countOf(app, 'proto=tcp');
    expect(tcp).toBeGreaterThan(0);
    const counts = { matched: 12, deleted: 12 - tcp, gone: 0, failed: 0, skipped: tcp };
    expect(await app.json('/conntrack/flush', body({ confirm: 'flush' }))).toEqual({
      flushed: { all: true },
      ...counts,
    });
    expect(audits(app).at(-1)).toMatchObject({ operation: 'flushFlows', ...counts });
    expect([await countOf(app), await countOf(app, 'proto=tcp')]).toEqual([tcp, tcp]);
  });

  test('a flush can be limited to a part of the table and to an exact number', async () => {
    const app = testApp();
    const part = { confirm: 'flush', family: 'ipv4', mark: 1, markMask: 1 };
    expect(
      await problem(await app.request('/conntrack/flush', body({ ...part, expect: 4 })), 'expect-mismatch'),
    ).toMatchObject({ matched: 5 });
    expect(await app.json('/conntrack/flush', body({ ...part, expect: 5 }))).toMatchObject({ matched: 5 });
    expect(await countOf(app)).toBe(7);
    await app.json('/conntrack/flush', body({ confirm: 'flush', zone: 0, expect: 7 }));
    expect(await countOf(app)).toBe(0);
  });
});

test('a read-only server has no routes for changes', async () => {
  const app = testApp({ readOnly: true });
  for (const [method, path] of [
    ['POST', '/conntrack'],
    ['PATCH', '/conntrack?proto=tcp'],
    ['DELETE', '/conntrack/ct1.x'],
    ['POST', '/conntrack/flush'],
  ])
    await problem(await app.request(path!, { method: method! }), 'read-only');
  expect(await app.json('/openapi.json')).not.toHaveProperty('paths./conntrack.post');
});

test('the log never contains a token', async () => {
  const app = testApp();
  await app.request('/conntrack?proto=tcp', { method: 'DELETE', headers: { 'x-request-id': `bad id ${TOKEN}` } });
  await app.request('/conntrack', body({ ...newFlow, secret: TOKEN }));
  expect(app.lines.map(({ event }) => event)).toEqual(['intent', 'audit', 'audit']);
  expect(JSON.stringify(app.lines)).not.toContain(TOKEN);
});
