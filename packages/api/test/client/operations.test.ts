import { gzipSync } from 'node:zlib';
import { ApiError, ClientError, ConntrackClient, FlowIndex } from '@conntrack/client';
import { parseFilter } from '@conntrack/filter';
import { describe, expect, test } from 'vitest';
import { sample } from '../flows.js';
import { newFlow } from '../support.js';
import { loopback, started, unixSocket } from './serving.js';

const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error = await promise.then(
    () => undefined,
    reason => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error;
};

describe.each([
  ['loopback', loopback],
  ['a unix socket', unixSocket],
])('over %s', (_, connect) => {
  test('the client lists, pages and counts flows', async () => {
    const client = await connect();
    const flows = [];
    for await (const flow of client.list('proto=tcp', { sort: '-bytes', limit: 3 })) flows.push(flow.mark);
    expect(flows).toEqual([0, 1, 0]);
    expect(await client.count('proto == tcp and bytes > 5k')).toBe(6);
    const first = await client.page({ proto: 'tcp' }, { limit: 4, sort: ['src'], fields: ['src'] });
    expect(first.items[3]).toEqual({ original: { src: '10.0.0.4' } });
    const second = await client.page(
      { proto: 'tcp' },
      { limit: 4, sort: ['src'], fields: ['src'], cursor: first.next! },
    );
    expect(second.items[0]).toEqual({ original: { src: '10.0.0.5' } });
    expect(second.meta).toMatchObject({ matched: 10, filter: 'proto=tcp' });
    const window = await client.page('proto=tcp', { limit: 2, sort: 'src', offset: 4 });
    expect(window.items).toHaveLength(2);
    expect(window.items[0]).toMatchObject(second.items[0]!);
    expect(window.meta.more).toBe(4);
  });

  test('the client creates, finds, changes and deletes one flow', async () => {
    const client = await connect();
    const made = await client.create(newFlow);
    expect(made).toMatchObject({ protonum: 6, timeout: 600 });
    expect(await client.get(made.key!)).toEqual(made);
    expect(await client.get(made, { fields: ['dport'] })).toEqual({ original: { dport: 443 } });
    const { original } = newFlow;
    expect(await client.lookup({ proto: 'tcp', ...original })).toEqual(made);
    const { key } = await failure(client.create(newFlow)).then(({ code, status, problem }) => {
      expect([code, status]).toEqual(['flow-exists', 409]);
      return problem;
    });
    expect(key).toBe(made.key);
    expect(await client.update(made, { mark: 7 })).toMatchObject({ mark: 7 });
    await client.delete(made);
    expect((await failure(client.delete(made))).code).toBe('not-found');
  });

  test('the client drains and reconciles flows', async () => {
    const client = await connect();
    expect(await client.drain('mark=1', 60, { dryRun: true })).toMatchObject({ dryRun: true, matched: 5, updated: 0 });
    const idempotencyKey = 'drain-1';
    const drained = await client.drain(['mark=1', { proto: 'udp' }], 60, { expect: 6, idempotencyKey });
    expect(drained).toMatchObject({ updated: 6 });
    expect(await client.drain(['mark=1', { proto: 'udp' }], 60, { expect: 6, idempotencyKey })).toEqual(drained);
    expect(await client.reconcile('proto=tcp', [{ mark: 1 }, 'src == 10.0.0.2'])).toMatchObject({ deleted: 4 });
    expect(await client.count('proto=tcp')).toBe(6);
    expect((await failure(client.reconcile('all', ['mark=1']))).code).toBe('filter-required');
  });

  test('the client changes single flows by a list', async () => {
    const client = await connect();
    const { items } = await client.page('proto=tcp', { limit: 2 });
    const changes = [
      { op: 'delete', key: items[0]! },
      { op: 'update', key: items[1]!.key!, change: { mark: 9 } },
      { op: 'upsert', flow: newFlow },
    ] as const;
    expect(await client.changes(changes, { dryRun: true })).toMatchObject({ counts: { ready: 3 } });
    const idempotencyKey = 'list-1';
    const answer = await client.changes(changes, { idempotencyKey });
    expect(answer).toMatchObject({ dryRun: false, counts: { done: 3 }, results: [{}, {}, { created: true }] });
    expect(await client.changes(changes, { idempotencyKey })).toEqual(answer);
    expect((await client.changes(changes)).results.map(({ outcome }) => outcome)).toEqual(['gone', 'done', 'done']);
    await expect(client.changes([{ op: 'delete', key: {} }])).rejects.toThrow(
      /has no key, but a valid flow key is required/,
    );
  });

  test('the client reads a snapshot and restores it', async () => {
    const client = await connect();
    for (const format of ['ndjson', 'save'] as const) {
      let text = '';
      for await (const part of client.snapshot('proto=tcp', { format })) text += part;
      expect(text.trim().split('\n')).toHaveLength(10);
      expect(await client.restore(text, { dryRun: true })).toMatchObject({ dryRun: true, existed: 10, ready: 0 });
      await client.deleteMany('mark=1');
      const bytes = gzipSync(text);
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.subarray(at, at + 7));
          controller.close();
        },
      });
      expect(await client.restore(stream)).toMatchObject({ dryRun: false, read: 10, created: 5, existed: 5 });
    }
    const idempotencyKey = 'restore-1';
    const line = `${JSON.stringify({ ...sample()[0], original: { ...sample()[0]!.original, src: '10.9.9.9' }, reply: { ...sample()[0]!.reply, dport: 9 } })}\n`;
    const first = await client.restore(new TextEncoder().encode(line), { idempotencyKey });
    expect(first).toMatchObject({ created: 1 });
    expect(await client.restore(new TextEncoder().encode(line), { idempotencyKey })).toEqual(first);
    expect((await failure(client.restore('nonsense'))).code).toBe('body-invalid');
    expect(await client.restore(`nonsense\n${line}`, { skipBadLines: true })).toMatchObject({
      badLines: 1,
      existed: 1,
    });
  });

  test('the client changes and deletes many flows, and flushes the table', async () => {
    const client = await connect();
    expect(await client.updateMany('mark=1', { mark: 8 }, { expect: 5 })).toMatchObject({ updated: 5, failed: 0 });
    expect(await client.deleteMany('proto=tcp', { dryRun: true })).toMatchObject({ dryRun: true, matched: 10 });
    const error = await failure(client.deleteMany('proto=tcp', { maxAffected: 9 }));
    expect(error).toMatchObject({ code: 'too-many-affected', status: 409, problem: { matched: 10 } });
    expect(await client.deleteMany(parseFilter('mark=8'))).toMatchObject({ deleted: 5 });
    expect(await client.flush({ expect: 7 })).toMatchObject({ flushed: { all: true }, matched: 7 });
    expect(await client.count()).toBe(0);
  });

  test('the client previews and executes a bulk change', async () => {
    const client = await connect();
    const plan = await client.plan(['proto=udp', 'proto == tcp and mark == 1'], 'delete', {
      expect: 5,
      tolerance: 1,
      strict: true,
    });
    expect(plan).toMatchObject({ count: 6, change: 'delete', filters: [{ matched: 1 }, { matched: 5 }] });
    await client.create(newFlow);
    expect(await client.execute(plan)).toMatchObject({ deleted: 6, dryRun: false });
    expect((await failure(client.execute(plan.id))).code).toBe('plan-used');
    const { plan: handle } = await client.updateMany(parseFilter('proto == tcp'), { mark: 3 }, { dryRun: true });
    expect(await client.execute(handle!)).toMatchObject({ updated: 6 });
    expect(await client.plan(parseFilter('mark=3'), { timeout: 5 }, { maxAffected: 2 })).toMatchObject({
      refusal: { code: 'too-many-affected' },
    });
    expect((await failure(client.plan([], 'delete'))).code).toBe('body-invalid');
    expect((await failure(client.plan('', 'delete'))).code).toBe('filter-invalid');
  });

  test('a filter that is too long for a URL is sent in the body', async () => {
    const client = await connect();
    const src = Array.from({ length: 2500 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    let flows = 0;
    for await (const _ of client.list({ src })) flows++;
    expect(flows).toBe(11);
    expect((await client.page({ src }, { limit: 3, sort: 'src' })).items).toHaveLength(3);
    expect(await client.count({ src })).toBe(11);
    const groups = await client.top({ src, proto: 'tcp' }, { by: 'dport', k: 1 });
    expect(groups).toMatchObject({ items: [{ group: '443', value: 10 }], meta: { matched: 10 } });
  });

  test('a bulk change with a filter that is too long for a URL is made with a plan', async () => {
    const client = await connect();
    const src = Array.from({ length: 2500 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const short = await client.deleteMany('src=10.0.0.0/20', { dryRun: true });
    const preview = await client.deleteMany({ src }, { dryRun: true });
    expect(preview).toEqual({ ...short, plan: { ...preview.plan } });
    expect(await client.count()).toBe(12);
    const changed = await client.updateMany({ src, proto: 'tcp' }, { mark: 9 }, { expect: 10 });
    expect(changed).toMatchObject({ updated: 10, dryRun: false });
    expect(await client.count('mark=9')).toBe(10);
    expect((await failure(client.deleteMany({ src }, { maxAffected: 3 }))).code).toBe('too-many-affected');
    expect(await client.deleteMany({ src })).toMatchObject({ deleted: 11 });
    expect(await client.count()).toBe(1);
  });

  test('the client gets top groups, statistics and expectations', async () => {
    const client = await connect();
    expect(await client.top('proto=tcp', { by: 'dport', metric: 'bytes', k: 1 })).toMatchObject({
      items: [{ group: '443', value: 60500 }],
      meta: { groups: 1, filter: 'proto=tcp' },
    });
    const asked = {
      sort: ['-bytes', 'src'],
      limit: 2,
      groups: [{ by: ['dport', 'proto'] }],
      counts: { udp: { proto: 'udp' } },
    };
    expect(await client.overview({ dport: 443 }, asked)).toMatchObject({
      items: (await client.page({ dport: 443 }, { sort: ['-bytes', 'src'], limit: 2 })).items,
      groups: [{ by: 'dport,proto' }],
      counts: { udp: 0 },
      meta: { filter: 'dport=443' },
    });
    expect((await client.overview()).meta.matched).toBe(12);
    expect((await client.whoami()).scopes).toContain('flows:delete');
    expect((await client.namespaces())[0]).toMatchObject({ name: '.' });
    expect((await client.version()).apiVersion).toBe('1');
    expect(await client.stats()).toMatchObject({ count: 12, cpus: [] });
    expect(await client.expectations({ helper: 'ftp', dport: 21 })).toEqual({
      items: [],
      next: null,
      meta: { scanned: 0, matched: 0 },
    });
    expect(await client.flushExpectations({ helper: 'ftp' })).toEqual({ flushed: { helper: 'ftp' } });
    await expect(client.deleteExpectation('')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test('the client watches a snapshot and events, and resumes from the position of a list', async () => {
    const client = await connect();
    const { meta } = await client.page('', { position: true });
    const index = new FlowIndex();
    for await (const record of client.watch('proto=tcp', { initial: true })) {
      if (!index.apply(record)) continue;
      if (record.type === 'bookmark') await client.create(newFlow);
      else if (record.type === 'new') {
        expect(record.flow.original).toMatchObject(newFlow.original);
        break;
      }
    }
    expect(index.flows.size).toBe(11);
    for await (const record of client.watch('', { since: meta.position!, types: ['new'] })) {
      expect(record).toMatchObject({ type: 'new', flow: { timeout: 600 } });
      break;
    }
    const gone = client.watch('', { since: '0000000000-7' }).next();
    expect(await failure(gone)).toMatchObject({ status: 410, code: 'position-gone' });
  });

  test('the client gets version, capabilities and filter checks from the server', async () => {
    const client = await connect();
    expect(await client.capabilities()).toMatchObject({ writable: true, source: { kind: 'memory' } });
    expect(await client.checkFilter('dprot=443')).toMatchObject({
      valid: false,
      errors: [{ suggestions: expect.anything() }],
    });
    expect(await client.checkFilter('src=10.0.0.7/8', { purpose: 'change' })).toMatchObject({ valid: false });
    expect((await client.explainFilter('dport=443')).text).toContain('443');
    expect((await client.completeFilter('state=EST')).items).toContainEqual(
      expect.objectContaining({ text: 'ESTABLISHED' }),
    );
    expect((await client.filterFields()).map(({ name }) => name)).toContain('dport');
  });
});

test('an ApiError has all members of the problem', async () => {
  const client = await loopback();
  const error = await failure(client.count('dprot=443&sport=x'));
  expect(error).toMatchObject({ code: 'filter-invalid', status: 400, requestId: expect.stringMatching(/\S/) });
  expect(error.issues).toHaveLength(2);
  expect(error.issues[0]).toMatchObject({ code: 'unknown-field', offset: 0, length: 5 });
  expect(error.message).toContain('dport');
});

test('a token is sent as a header, and a token function is called for each request', async () => {
  const { url } = await started({ adminToken: 'second-of-the-test' });
  const tokens = ['first', 'second-of-the-test'];
  const client = new ConntrackClient({ url, token: async () => tokens.shift()! });
  expect((await failure(client.count())).code).toBe('unauthenticated');
  expect(await client.count()).toBe(12);
});

test('a response that is not from this API is an error', async () => {
  const answers: [string, ResponseInit][] = [
    ['<html>', { status: 502, headers: { 'retry-after': '7' } }],
    ['{"code":', { status: 500, headers: { 'content-type': 'application/json' } }],
    ['<html>', { status: 200 }],
  ];
  const client = new ConntrackClient({
    url: 'http://proxy.example/base/',
    retry: false,
    fetch: async url => {
      expect(String(url)).toBe('http://proxy.example/base/conntrack/count');
      return new Response(...answers.shift()!);
    },
  });
  expect(await failure(client.count())).toMatchObject({ status: 502, code: 'unknown', retryAfter: 7, issues: [] });
  expect(await failure(client.count())).toMatchObject({ status: 500, code: 'unknown' });
  await expect(client.count()).rejects.toMatchObject({ code: 'ANSWER_INVALID' });
});

test('a server that is not reachable, an invalid request and an aborted call are errors', async () => {
  const server = await started();
  const client = new ConntrackClient({ url: server.url });
  await server.close();
  await expect(client.count()).rejects.toMatchObject({
    name: 'ClientError',
    code: 'CONNECTION_FAILED',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  const reason = new Error('enough');
  await expect(client.count('', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  for (const url of ['', '127.0.0.1:4680', 'unix:/run/x', 'http://'])
    expect(() => new ConntrackClient({ url })).toThrow(ClientError);
  for (const key of ['', '..', 'ct2.x'])
    await expect(client.delete(key)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  await expect(client.delete({})).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});
