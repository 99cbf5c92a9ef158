import type { Flow } from '@conntrack/flow';
import { parseText } from '@conntrack/parser/all';
import { describe, expect, test } from 'vitest';
import { FlowListSchema } from '../../src/schemas/answers.js';
import { icmpFlow, sample, tcpFlow, udpFlow } from '../flows.js';
import { problem, tableOf, testApp } from '../support.js';

interface Page {
  items: Flow[];
  next: string | null;
  meta: Record<string, unknown>;
}

const textOf = async (target: string, headers: Record<string, string> = {}): Promise<string> => {
  const response = await testApp().request(target, { headers });
  expect(response.status).toBe(200);
  return response.text();
};

describe('lists in JSON', () => {
  test('a JSON list has items, next and meta, and matches the schema', async () => {
    const page = await testApp().json<Page>('/conntrack?proto=tcp&state=established&sport=40000');
    expect(page.items).toHaveLength(10);
    expect(page).toMatchObject({
      next: null,
      meta: { scanned: 12, matched: 10, filter: 'proto=tcp&state=ESTABLISHED&sport=40000' },
    });
    expect(FlowListSchema.safeParse(page).error).toBeUndefined();
    expect(page.items[0]).toMatchObject(tcpFlow(1));
  });

  test('a list sorted by a changing field has one page, and says how many entries follow', async () => {
    const app = testApp();
    const page = await app.json<Page>('/conntrack?limit=5&sort=-bytes');
    expect(page).toMatchObject({ next: null, meta: { matched: 12, more: 7 } });
    const { next } = await app.json<Page>('/conntrack?limit=5');
    const answer = await problem(await app.request(`/conntrack?limit=5&sort=-bytes&cursor=${next}`), 'cursor-invalid');
    expect(answer.detail).toMatch(/sorted by 'bytes' has only one page.*Use a larger limit/);
  });

  test('a list without matches has the same members', async () => {
    expect(await testApp().json('/conntrack?dport=1')).toMatchObject({ items: [], next: null, meta: { matched: 0 } });
  });

  test('a warning of the filter is part of the list', async () => {
    const { meta } = await testApp().json<Page>('/conntrack?src=10.0.0.5/8');
    expect(meta.warnings).toMatchObject([{ code: 'host-bits' }]);
  });

  test.each(['', '&sort=-mark', '&sort=dport,-src'])('pages contain every flow once: %s', async sort => {
    const app = testApp();
    const seen: (number | undefined)[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null; pages++) {
      expect(pages).toBeLessThan(10);
      const page: Page = await app.json<Page>(`/conntrack?limit=5${sort}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    }
    expect(seen).toHaveLength(12);
    expect(new Set(seen)).toEqual(new Set(sample().map(({ id }) => id)));
  });

  test('a page with an offset begins at the number of a row; without an index, it ends within the first 10,000', async () => {
    const app = testApp();
    const all = await app.json<Page>('/conntrack?sort=-mark');
    const page = await app.json<Page>('/conntrack?sort=-mark&offset=4&limit=3');
    expect(page.items).toEqual(all.items.slice(4, 7));
    expect(page).toMatchObject({ next: null, meta: { matched: 12, more: 5 } });
    const { detail } = await problem(await app.request('/conntrack?offset=9990&limit=11'), 'unsupported');
    await problem(await app.request('/conntrack?offset=1&cursor=x'), 'cursor-invalid');
    expect(detail).toMatch(/offset \+ limit is 10001.* Start the server with --index .*, or narrow the filter/);
  });

  test('a cursor is valid only for its filter and sort', async () => {
    const app = testApp();
    const { next } = await app.json<Page>('/conntrack?limit=5');
    await problem(await app.request(`/conntrack?limit=5&sort=-bytes&cursor=${next}`), 'cursor-invalid');
    await problem(await app.request(`/conntrack?proto=tcp&limit=5&cursor=${next}`), 'cursor-invalid');
  });

  test('a JSON list has a hundred flows by default, and ten thousand at most', async () => {
    const app = testApp({ table: tableOf(Array.from({ length: 150 }, (_, n) => tcpFlow(n))) });
    expect((await app.json<Page>('/conntrack')).items).toHaveLength(100);
    expect((await app.json<Page>('/conntrack?limit=10000')).items).toHaveLength(150);
    await problem(await app.request('/conntrack?limit=10001'), 'parameter-invalid');
    await problem(await app.request('/conntrack?limit=0'), 'parameter-invalid');
    await problem(await app.request('/conntrack?limit=5&limit=6'), 'parameter-invalid');
  });

  test('selected fields keep their place, by filter name or path', async () => {
    const { items } = await testApp().json<Page>(
      '/conntrack?proto=udp&fields=src,original.dport,proto,reply.bytes,secctx',
    );
    expect(items).toEqual([{ original: { src: '10.0.0.1', dport: 53 }, protocol: 'udp', reply: { bytes: 0 } }]);
    const both = await testApp().json<Page>('/conntrack?proto=udp&fields=bytes,orig-src,labels');
    expect(both.items).toEqual([{ original: { bytes: 60, src: '10.0.0.1' }, reply: { bytes: 0 } }]);
    expect(await textOf('/conntrack?src=10.0.0.2&format=csv&fields=bytes')).toBe('bytes\r\n2200\r\n');
    const { errors } = await problem(await testApp().request('/conntrack?fields=src,colour'), 'parameter-invalid');
    expect(errors).toMatchObject([{ parameter: 'fields', offset: 0, expected: expect.arrayContaining(['dport']) }]);
  });
});

describe('formats of lists', () => {
  test('an NDJSON list ends with an end line', async () => {
    const lines = (await textOf('/conntrack?proto=tcp&position=true', { accept: 'application/x-ndjson' }))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(11);
    expect(JSON.parse(lines[0]!)).toMatchObject(tcpFlow(1));
    expect(JSON.parse(lines.at(-1)!)).toEqual({
      type: 'end',
      scanned: 12,
      matched: 10,
      position: expect.stringMatching(/^[0-9a-f]{10}-1$/),
    });
  });

  test('an NDJSON list says that it ended at its limit', async () => {
    const end = async (limit: number) =>
      JSON.parse((await textOf(`/conntrack?format=ndjson&limit=${limit}`)).trimEnd().split('\n').at(-1)!);
    expect(await end(3)).toMatchObject({ type: 'end', matched: 3, limited: true });
    expect(await end(13)).not.toHaveProperty('limited');
  });

  test("an XML list is conntrack(8)'s document, and the parser reads it", async () => {
    const text = await textOf('/conntrack?format=xml&proto=tcp,udp');
    expect(text).toMatch(
      /^<\?xml version="1.0" encoding="utf-8"\?>\n<conntrack>\n<flow dialect="ctctl">.*<\/flow>\n<\/conntrack>\n$/s,
    );
    expect([...parseText(text)]).toHaveLength(11);
    expect(await textOf('/conntrack?dport=1', { accept: 'application/xml' })).toMatch(/<conntrack>\n<\/conntrack>\n$/);
  });

  test('an NDJSON list has no limit by default', async () => {
    const app = testApp({ table: tableOf(Array.from({ length: 12_345 }, (_, n) => tcpFlow(n))) });
    const lines = (await (await app.request('/conntrack?format=ndjson')).text()).trimEnd().split('\n');
    expect(lines).toHaveLength(12_346);
    expect((await (await app.request('/conntrack?format=ndjson&limit=3')).text()).trimEnd().split('\n')).toHaveLength(
      4,
    );
  });

  test('a CSV list has a header, and a cell for each column', async () => {
    const text = await textOf('/conntrack?proto=udp&format=csv&fields=src,dport,status,state,original');
    expect(text).toBe(
      `src,dport,status,state,original\r\n10.0.0.1,53,CONFIRMED,,"${JSON.stringify(udpFlow.original).replaceAll('"', '""')}"\r\n`,
    );
    const [head, row] = (await textOf('/conntrack?proto=udp', { accept: 'text/csv' })).split('\r\n');
    expect(row!.split(',')).toHaveLength(head!.split(',').length);
  });

  test.each(['plain', 'extended', 'save'])('the parser reads a list as %s text', async format => {
    const text = await textOf(`/conntrack?format=${format}&proto=tcp,udp`);
    const flows: Flow[] = [];
    for (const flow of parseText(text)) flows.push(flow as Flow);
    expect(flows).toHaveLength(11);
    expect(flows.find(({ protonum }) => protonum === 17)).toMatchObject({ original: { src: '10.0.0.1', dport: 53 } });
  });

  test('a plain text list is that of conntrack(8)', async () => {
    expect(await textOf('/conntrack?proto=icmpv6', { accept: 'text/plain' })).toMatch(
      /^icmpv6\s+58 30 src=2001:db8::1 dst=2001:db8::2 type=128 code=0 id=7 packets=1 bytes=104 .*use=1\n$/,
    );
  });

  test.each([
    ['*/*', 'application/json'],
    ['', 'application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
    ['text/*', 'text/csv; charset=utf-8'],
    ['text/csv;q=0.5, application/jsonl', 'application/x-ndjson'],
    ['application/json;q=0, */*', 'application/x-ndjson'],
  ])('Accept: %s gives %s', async (accept, type) => {
    expect((await testApp().request('/conntrack', { headers: { accept } })).headers.get('content-type')).toBe(type);
  });

  test('406 lists the available media types', async () => {
    const answer = await problem(
      await testApp().request('/conntrack', { headers: { accept: 'text/html' } }),
      'not-acceptable',
    );
    expect(answer.available).toContain('application/x-ndjson');
  });

  test('format= takes precedence over Accept, and must be a known name', async () => {
    const app = testApp();
    expect((await app.request('/conntrack?format=json', { headers: { accept: 'text/html' } })).status).toBe(200);
    await problem(await app.request('/conntrack?format=yaml'), 'parameter-invalid');
  });

  test.each([
    'format=csv&cursor=x',
    'format=csv&offset=1',
    'offset=-1',
    'sort=src,dst,proto,mark,id&offset=1',
    'format=csv&sort=src',
    'format=plain&fields=src',
    'format=xml&fields=src',
    'format=ndjson&sort=src&limit=10001',
  ])('parameters that exclude each other are rejected: %s', async query => {
    await problem(await testApp().request(`/conntrack?${query}`), 'parameter-invalid');
  });

  test('a sorted stream is in order', async () => {
    const text = await textOf('/conntrack?format=csv&sort=-bytes&limit=3&fields=id');
    expect(text).toBe('id\r\n1010\r\n1009\r\n1008\r\n');
  });
});

describe('one flow, and counts', () => {
  test('HEAD and count return the number of flows', async () => {
    const app = testApp();
    const head = await app.request('/conntrack?proto=tcp', { method: 'HEAD' });
    expect([head.status, head.headers.get('x-total-count'), await head.text()]).toEqual([200, '10', '']);
    expect(await app.json('/conntrack/count?unreplied')).toEqual({ count: 1, filter: 'unreplied' });
    expect(await app.json('/conntrack/count')).toMatchObject({ count: 12 });
  });

  test('a flow is returned by its key', async () => {
    const app = testApp();
    const { items } = await app.json<Page>('/conntrack?proto=icmpv6');
    expect(await app.json(`/conntrack/${items[0]!.key}`)).toEqual(items[0]);
    expect(await app.json(`/conntrack/${items[0]!.key}?fields=src`)).toEqual({
      original: { src: icmpFlow.original.src },
    });
    await problem(await app.request(`/conntrack/${items[0]!.key}?proto=tcp`), 'parameter-invalid');
  });

  test('a look-up by tuple returns the flow in the requested direction', async () => {
    const app = testApp();
    const reply = 'proto=tcp&src=198.51.100.7&dst=203.0.113.1&sport=443&dport=10003';
    expect(await app.json(`/conntrack/lookup?${reply}&dir=reply`)).toMatchObject({ original: { src: '10.0.0.3' } });
    expect(await problem(await app.request(`/conntrack/lookup?${reply}`), 'not-found')).toMatchObject({
      detail: expect.stringContaining('dir=reply'),
    });
    expect(
      await app.json('/conntrack/lookup?proto=58&src=2001:db8:0::1&dst=2001:db8::2&type=128&code=0&id=7'),
    ).toMatchObject({ id: 78 });
    await problem(await app.request(`/conntrack/lookup?${reply.replace('10003', '9999')}&dir=reply`), 'not-found');
  });

  test('a look-up reports all missing parts of its tuple', async () => {
    const app = testApp();
    expect(
      (await problem(await app.request('/conntrack/lookup?src=x&port=1'), 'parameter-invalid')).errors,
    ).toHaveLength(4);
    const { errors } = await problem(
      await app.request('/conntrack/lookup?proto=icmp&src=1.1.1.1&dst=::1&sport=1'),
      'parameter-invalid',
    );
    expect(errors.map(({ parameter }) => parameter)).toEqual(['sport', 'type', 'code', 'id', 'dst']);
  });
});

describe('filter operations', () => {
  test('a filter check returns the canonical spellings, or the faults', async () => {
    const app = testApp();
    expect(await app.json('/filter/check?dport=https&src=10.0.0.5/8')).toMatchObject({
      valid: true,
      query: 'dport=443&src=10.0.0.0/8',
      fields: ['dport', 'src'],
      warnings: [{ code: 'host-bits' }],
    });
    expect(await app.json('/filter/check?src=10.0.0.5/8&purpose=change')).toMatchObject({
      valid: false,
      errors: [{ offset: 4 }],
    });
    expect(await app.json('/filter/check?dprot=1')).toMatchObject({
      valid: false,
      errors: [{ code: 'unknown-field' }],
    });
    await problem(await app.request('/filter/check?purpose=fun'), 'parameter-invalid');
  });

  test('the list of filter fields has types, operators and aliases', async () => {
    const { fields } = await testApp().json<{ fields: { name: string; operators: string[] }[] }>('/filter/fields');
    expect(fields.find(({ name }) => name === 'bytes')).toMatchObject({
      operators: expect.arrayContaining(['gte']),
      unit: 'bytes',
    });
  });

  test('a filter is explained in words, with the plan of the read', async () => {
    expect(await testApp().json('/filter/explain?bytes.gte=1k&proto=tcp')).toMatchObject({
      text: expect.stringContaining('all of:'),
      requires: ['accounting'],
      plan: { kind: 'scan' },
    });
    await problem(await testApp().request('/filter/explain?dprot=1'), 'filter-invalid');
  });

  test('a filter is completed at a position', async () => {
    const texts = async (query: string) =>
      (await testApp().json<{ items: { text: string }[] }>(`/filter/complete?${query}`)).items.map(({ text }) => text);
    expect(await texts('text=proto%3Dtcp%26dpo')).toEqual(['dport=']);
    expect(await texts('text=state%20%3D%3D%20EST&syntax=expression')).toContain('ESTABLISHED');
    expect((await texts('')).length).toBeGreaterThan(40);
    await problem(await testApp().request('/filter/complete?test=x'), 'parameter-invalid');
  });

  test('an expression is accepted as a filter', async () => {
    const { items } = await testApp().json<Page>(
      `/conntrack?filter=${encodeURIComponent('proto == udp or bytes >= 11000')}`,
    );
    expect(items.map(({ id }) => id)).toEqual([77, 1010]);
  });
});

test('capabilities, health, index and problems are available', async () => {
  const app = testApp();
  expect(await app.json('/capabilities')).toMatchObject({ source: { kind: 'memory', writable: true }, count: 12 });
  expect(await app.json('/livez')).toEqual({ status: 'live' });
  expect(await app.json('/readyz')).toEqual({ status: 'ready' });
  expect(await textOf('/', { host: 'localhost:4680' })).toContain(
    "curl 'http://localhost:4680/conntrack?proto=tcp&state=ESTABLISHED'",
  );
  const targets = [...(await textOf('/')).matchAll(/^ {2}curl 'http:\/\/[^/]+(.*?)'/gm)].map(([, target]) => target!);
  expect(targets).toHaveLength(5);
  for (const target of targets) expect((await app.request(target)).status, target).toBe(200);
  expect((await app.json<{ problems: unknown[] }>('/problems')).problems).toContainEqual({
    code: 'not-found',
    status: 404,
    title: 'Entry not found',
  });
});
