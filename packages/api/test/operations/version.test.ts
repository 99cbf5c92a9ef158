import { readFileSync } from 'node:fs';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { describe, expect, test } from 'vitest';
import { hashToken, SCOPES, serve } from '../../src/index.js';
import { sample } from '../flows.js';
import { body, newFlow, problem, TOKEN, tableOf, testApp } from '../support.js';

type Line = Record<string, unknown>;

describe('server identity', () => {
  test('/version and a header of each response contain node, version, boot id and start', async () => {
    const app = testApp({ node: 'gw 1' });
    const version = await app.json<Record<string, string>>('/version');
    expect(version).toMatchObject({
      node: 'gw 1',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      apiVersion: '1',
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim(),
      instanceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      started: expect.stringMatching(/Z$/),
    });
    for (const target of ['/livez', '/conntrack', '/conntrack?format=ndjson', '/nowhere'])
      expect((await app.request(target)).headers.get('x-conntrack-server'), target).toBe(
        `node="gw_1", version="${version.version}", api="1", boot="${version.bootId!.slice(0, 8)}"`,
      );
  });

  test('a restarted server has another instance id and the same boot id', async () => {
    const [one, other] = await Promise.all(
      [testApp(), testApp()].map(app => app.json<Record<string, string>>('/version')),
    );
    expect(one!.instanceId).not.toBe(other!.instanceId);
    expect(one!.bootId).toBe(other!.bootId);
  });
});

describe('the served network namespaces', () => {
  const netns = () => tableOf();
  test("the served network namespaces are listed with their paths, the server's own first", async () => {
    const app = testApp({ netns, netnsNames: async () => ['blue', 'red'] });
    expect(await app.json('/netns')).toEqual({
      items: [
        { name: '.', path: '' },
        { name: 'blue', path: '/netns/blue' },
        { name: 'red', path: '/netns/red' },
      ],
    });
    expect(await testApp().json('/netns')).toEqual({ items: [{ name: '.', path: '' }] });
  });

  test('the listed network namespaces are those that the token may use', async () => {
    const tokens = [{ name: 'tenant', sha256: hashToken(TOKEN), scopes: SCOPES, netns: ['red'] }];
    const app = testApp({ netns, netnsNames: () => ['blue', 'red'], auth: { tokens } });
    expect(await app.json('/netns')).toEqual({ items: [{ name: 'red', path: '/netns/red' }] });
  });
});

describe('an audit log that cannot be written', () => {
  /** A log on a disk that is full until the test frees it. */
  function fullDisk(): { full: boolean; lines: Line[]; log: (line: object) => void } {
    const disk = {
      full: true,
      lines: [] as Line[],
      log(line: object): void {
        if (disk.full) throw new Error('ENOSPC');
        disk.lines.push(line as Line);
      },
    };
    return disk;
  }
  const failures = async (app: ReturnType<typeof testApp>): Promise<number> =>
    Number(/conntrack_audit_failures_total (\d+)/.exec(await (await app.request('/metrics')).text())![1]);

  test('an audit log that cannot be written is reported by /readyz and a metric, while changes continue', async () => {
    const disk = fullDisk();
    const app = testApp({ log: disk.log });
    expect((await app.request('/readyz')).status).toBe(200);
    expect((await app.request('/conntrack', body(newFlow))).status).toBe(201);
    await problem(await app.request('/readyz'), 'audit-failed');
    expect(await failures(app)).toBeGreaterThanOrEqual(1);
    disk.full = false;
    expect((await app.request('/conntrack?proto=tcp', { method: 'DELETE' })).status).toBe(200);
    expect((await app.request('/readyz')).status).toBe(200);
  });

  test('a required audit log that cannot be written blocks changes, while reads continue', async () => {
    const disk = fullDisk();
    const app = testApp({ log: disk.log, auditRequired: true });
    for (const [target, init] of [
      ['/conntrack', body(newFlow)],
      ['/conntrack?proto=tcp', { method: 'DELETE' }],
      ['/conntrack?proto=tcp', body({ mark: 1 }, 'PATCH')],
      ['/conntrack/flush', body({ confirm: 'flush' })],
      ['/conntrack/drain', body({ filter: 'proto == tcp', within: 1 })],
      ['/conntrack/reconcile', body({ scope: 'proto == tcp', keep: [] })],
      ['/conntrack/changes', body({ changes: [{ op: 'create', flow: newFlow }] })],
      ['/conntrack/restore', body(`${JSON.stringify(newFlow)}\n`, 'POST', 'application/x-ndjson')],
    ] as const)
      await problem(await app.request(target, init), 'audit-failed');
    expect(await app.json('/conntrack/count')).toMatchObject({ count: 12 });
    disk.full = false;
    expect((await app.request('/conntrack', body(newFlow))).status).toBe(201);
    expect(disk.lines.map(({ event, operation }) => [event, operation])).toEqual([
      ['intent', 'createFlow'],
      ['audit', 'createFlow'],
    ]);
  });
});

test('an access log has a line for each response with caller and time, and without the query', async () => {
  const lines: Line[] = [];
  const table = new ConntrackTable(new MemorySource(sample()));
  const log = (line: object): void => void lines.push(line as Line);
  await using server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, accessLog: true, log });
  await fetch(`${server.url}/conntrack/count?src=10.0.0.1`, { headers: { authorization: `Bearer ${TOKEN}` } });
  await fetch(`${server.url}/livez`);
  expect(lines).toMatchObject([
    {
      ...{ event: 'access', operation: 'countFlows', method: 'GET', status: 200, principal: 'admin' },
      ...{ ms: expect.any(Number), remoteAddress: '127.0.0.1' },
    },
    { event: 'access', operation: 'checkLiveness', status: 200 },
  ]);
  expect(lines[1]).not.toHaveProperty('principal');
  expect(JSON.stringify(lines)).not.toContain('10.0.0.1');
});

test('metrics have connections, event loop delays, open files and each counter of each namespace', async () => {
  class Counting extends MemorySource {
    async stats() {
      return [{ cpu: 0, chainTooLong: 3, clashResolve: 4, error: 5 }];
    }
  }
  const table = new ConntrackTable(new Counting(sample()));
  await using server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  for (const line of [
    'conntrack_stat{netns="",counter="chain_too_long"} 3',
    'conntrack_stat{netns="",counter="clash_resolve"} 4',
    'conntrack_stat{netns="",counter="error"} 5',
    'conntrack_http_connections 1',
  ])
    expect(text).toContain(line);
  for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_open_fds', 'process_resident_memory_bytes'])
    expect(text).toMatch(new RegExp(`^${name} `, 'm'));
});
