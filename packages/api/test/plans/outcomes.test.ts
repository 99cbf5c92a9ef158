import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { ConntrackClient } from '@conntrack/client';
import type { FlowRef } from '@conntrack/flow';
import { type ChangeOutcome, ConntrackTable, MemorySource } from '@conntrack/table';
import { afterEach, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../src/index.js';
import { tcpFlow } from '../flows.js';
import { body, newFlow, newPlan, problem, TOKEN, testApp } from '../support.js';

const FLOWS = 500;

/** A table whose deletes wait until the test lets them continue, one by one. */
class GatedSource extends MemorySource {
  #go: (() => void)[] = [];
  #open = false;
  begun = 0;
  constructor() {
    super(Array.from({ length: FLOWS }, (_, n) => tcpFlow(n)));
  }
  /** Lets `count` more deletes continue, or all. */
  release(count = Number.POSITIVE_INFINITY): void {
    if (count === Number.POSITIVE_INFINITY) this.#open = true;
    for (const go of this.#go.splice(0, count)) go();
  }
  override async *deleteMany(refs: Iterable<FlowRef>, signal?: AbortSignal): AsyncGenerator<ChangeOutcome> {
    for await (const outcome of super.deleteMany(refs, signal)) {
      this.begun++;
      if (!this.#open)
        await new Promise<void>(resolve => {
          this.#go.push(resolve);
        });
      signal?.throwIfAborted();
      yield outcome;
    }
  }
}

const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => server.close()));
});

type Line = Record<string, unknown>;
async function start(source: GatedSource, lines: Line[] = [], grace = 100): Promise<RunningServer> {
  const log = (line: object): void => void lines.push(line as Line);
  const table = new ConntrackTable(source);
  const server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, grace, log });
  servers.push(server);
  return server;
}
const clientOf = ({ url }: RunningServer): ConntrackClient => new ConntrackClient({ url, token: TOKEN });

test('a plan continues when its client disconnects, and its counts can be read during and after its execution', async () => {
  const source = new GatedSource();
  const lines: Line[] = [];
  const client = clientOf(await start(source, lines));
  const plan = await client.plan('proto=tcp', 'delete');
  expect(await client.getPlan(plan)).toMatchObject({ state: 'ready', count: FLOWS });
  const left = new AbortController();
  const executing = client.execute(plan, { signal: left.signal });
  await expect.poll(() => source.begun).toBe(1);
  left.abort();
  await expect(executing).rejects.toThrow(/abort/i);
  source.release(1);
  await expect
    .poll(() => client.getPlan(plan))
    .toMatchObject({ state: 'running', result: { deleted: 1, notAttempted: FLOWS - 1 } });
  source.release();
  await expect
    .poll(() => client.getPlan(plan))
    .toMatchObject({
      state: 'done',
      started: expect.stringMatching(/Z$/),
      ended: expect.stringMatching(/Z$/),
      result: { matched: FLOWS, deleted: FLOWS, notAttempted: 0 },
    });
  const again = await client.execute(plan).catch(error => error);
  expect(again).toMatchObject({ code: 'plan-used', problem: { result: { changed: FLOWS } } });
  expect(lines.filter(({ operation }) => operation === 'executePlan')).toMatchObject([
    { event: 'intent', plan: plan.id, count: FLOWS, flows: expect.arrayContaining([expect.stringMatching(/^ct1\./)]) },
    { event: 'audit', plan: plan.id, deleted: FLOWS, outcome: 'ok' },
    { event: 'audit', outcome: 'plan-used' },
  ]);
});

test('a bulk delete that has started continues when its client disconnects, and its audit line has the counts', async () => {
  const source = new GatedSource();
  const lines: Line[] = [];
  const client = clientOf(await start(source, lines));
  const left = new AbortController();
  const deleting = client.deleteMany('proto=tcp', { signal: left.signal });
  await expect.poll(() => source.begun).toBe(1);
  // This line would remain if the server were killed now.
  expect(lines).toMatchObject([{ event: 'intent', operation: 'deleteFlows', count: FLOWS, filter: 'proto=tcp' }]);
  left.abort();
  await expect(deleting).rejects.toThrow(/abort/i);
  source.release();
  await expect.poll(() => lines).toHaveLength(2);
  expect(lines[1]).toMatchObject({ event: 'audit', outcome: 'ok', deleted: FLOWS });
});

test('a change stops after its batch when the server stops, and its audit line has the counts so far', async () => {
  const source = new GatedSource();
  const lines: Line[] = [];
  const server = await start(source, lines, 50);
  const deleting = clientOf(server)
    .deleteMany('proto=tcp')
    .catch(error => error);
  await expect.poll(() => source.begun).toBe(1);
  const closed = server.close();
  await deleting;
  source.release(1);
  await closed;
  expect(lines.at(-1)).toMatchObject({ event: 'audit', operation: 'deleteFlows', outcome: 'aborted', status: 503 });
});

test('a request that is sent again with its Idempotency-Key gets the first response, and changes nothing again', async () => {
  const app = testApp();
  const headers = { 'idempotency-key': 'change-1' };
  const first = await app.request('/conntrack?proto=tcp', { method: 'DELETE', headers });
  const text = await first.text();
  await app.json('/conntrack', body(newFlow));
  const second = await app.request('/conntrack?proto=tcp', { method: 'DELETE', headers });
  expect(second.headers.get('idempotency-replayed')).toBe('true');
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect([second.status, await second.text()]).toEqual([200, text]);
  expect(await app.json('/conntrack/count?proto=tcp')).toMatchObject({ count: 1 });
  expect(app.lines.filter(({ operation, event }) => operation === 'deleteFlows' && event === 'audit')).toHaveLength(1);
});

test('a repeated create with its Idempotency-Key gets the same flow, status and Location', async () => {
  const app = testApp();
  const once = { ...body(newFlow), headers: { 'content-type': 'application/json', 'idempotency-key': 'k' } };
  const first = await app.request('/conntrack', once);
  const second = await app.request('/conntrack', once);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.headers.get('location')).toBe(first.headers.get('location'));
  expect(await second.json()).toEqual(await first.json());
});

test('a repeated delete of one flow with its Idempotency-Key is answered with 204 again', async () => {
  const app = testApp();
  const { items } = await app.json<{ items: { key: string }[] }>('/conntrack?limit=1');
  const ask = () =>
    app.request(`/conntrack/${items[0]!.key}`, { method: 'DELETE', headers: { 'idempotency-key': 'k' } });
  expect([(await ask()).status, (await ask()).status]).toEqual([204, 204]);
});

test('a repeat of a request that still runs waits for its response', async () => {
  const source = new GatedSource();
  const client = clientOf(await start(source));
  const options = { idempotencyKey: 'k' };
  const left = new AbortController();
  const first = client.deleteMany('proto=tcp', { ...options, signal: left.signal });
  await expect.poll(() => source.begun).toBe(1);
  left.abort();
  await expect(first).rejects.toThrow(/abort/i);
  const second = client.deleteMany('proto=tcp', options);
  source.release();
  expect(await second).toMatchObject({ deleted: FLOWS });
});

test('an Idempotency-Key belongs to one caller, and a rejected request frees it', async () => {
  const app = testApp();
  const ask = (token: string) =>
    app.request('/conntrack?proto=tcp', { method: 'DELETE', headers: { 'idempotency-key': 'k' }, token });
  expect((await ask('wrong-token')).status).toBe(401);
  expect(await (await ask(TOKEN)).json()).toMatchObject({ deleted: 10 });
});

test('a failure that did nothing frees the Idempotency-Key, and a fault of the request does not', async () => {
  const app = testApp({ limits: { dumps: 0, dumpWait: 0 } });
  const init = { method: 'DELETE', headers: { 'idempotency-key': 'k' } };
  for (let i = 0; i < 2; i++) {
    const busy = await app.request('/conntrack?proto=tcp', init);
    expect(busy.headers.get('idempotency-replayed')).toBeNull();
    await problem(busy, 'server-busy');
  }
  const wrong = { method: 'DELETE', headers: { 'idempotency-key': 'other' } };
  await app.request('/conntrack?dprot=1', wrong);
  expect((await app.request('/conntrack?dprot=1', wrong)).headers.get('idempotency-replayed')).toBe('true');
});

test('an update cannot end a flow: a timeout of 0 is rejected for one flow, for many and in a plan', async () => {
  const app = testApp();
  const { items } = await app.json<{ items: { key: string }[] }>('/conntrack?limit=1');
  const change = { timeout: 0 };
  for (const [target, init, pointer] of [
    [`/conntrack/${items[0]!.key}`, body(change, 'PATCH'), '/timeout'],
    ['/conntrack?proto=tcp', body(change, 'PATCH'), '/timeout'],
    ['/conntrack/plans', body({ ...newPlan, change }), '/change/timeout'],
  ] as const)
    expect(await problem(await app.request(target, init), 'body-invalid')).toMatchObject({
      errors: [{ pointer, message: 'a timeout of 0 would end the flow. Use DELETE' }],
    });
  expect(await app.json('/conntrack/count')).toMatchObject({ count: 12 });
});

test('a plan that exceeds its limit says that it is refused, and is found as refused', async () => {
  const app = testApp({ limits: { plansPerPrincipal: 1 } });
  const response = await app.request('/conntrack/plans', body({ ...newPlan, maxAffected: 3 }));
  expect(response.status).toBe(200);
  const plan = (await response.json()) as { id: string; state: string };
  expect(plan.state).toBe('refused');
  expect(await app.json(`/conntrack/plans/${plan.id}`)).toMatchObject({
    state: 'refused',
    problem: { code: 'too-many-affected' },
  });
  // A refused plan holds no flows, and does not count as waiting.
  expect((await app.request('/conntrack/plans', body(newPlan))).status).toBe(201);
});

test('a client that disconnects is counted as 499, and not as a failure of the server', async () => {
  const lines: Line[] = [];
  const source = new GatedSource();
  source.scan = async function* ({ signal }) {
    await once(signal!, 'abort');
    yield* [];
    throw new Error('the connection was closed');
  };
  const server = await start(source, lines);
  const { port } = new URL(server.url);
  const sent = httpRequest({ port, path: '/conntrack/count?proto=tcp', headers: { authorization: `Bearer ${TOKEN}` } });
  sent.on('error', () => {}).end();
  const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();
  await expect.poll(() => metrics()).toContain('conntrack_dumps_running 1');
  sent.destroy();
  await expect.poll(() => metrics()).toContain('conntrack_http_requests_total{operation="countFlows",status="499"} 1');
  expect(lines).toEqual([]);
});
