import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { FlowObjectCursor, type NewFlow } from '@conntrack/flow';
import { createNatLab, labAvailable } from '@conntrack/lab';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConntrackTable, KernelSource } from '../src/index.js';
import { all, failing, filter, keysOf } from './flows.js';
import { kernelTable, noKernel } from './namespace.js';

const udp = (n: number, extra: Partial<NewFlow> = {}): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  original: { src: `10.1.${n >> 8}.${n & 255}`, dst: '192.0.2.53', sport: 1024 + (n % 60_000), dport: 53 },
  timeout: 86_400,
  mark: 1,
  ...extra,
});

describe.skipIf(noKernel)(`changes of the kernel's table${noKernel ? ` (${noKernel})` : ''}`, () => {
  let made: Awaited<ReturnType<typeof kernelTable>>;
  beforeEach(async () => {
    made = await kernelTable();
  });
  afterEach(() => made?.close());

  const fill = async (count: number, extra: (n: number) => Partial<NewFlow> = () => ({})): Promise<void> => {
    for (let n = 0; n < count; n++) await made.source.create(udp(n, extra(n)));
  };
  /** Keys of everything that the filter does not match: no change may affect them. */
  const bystanders = async (aimed: Filter): Promise<string[]> => {
    const matches = compileFilter(aimed);
    return keysOf((await all(made.table.list())).filter(flow => !matches(new FlowObjectCursor(flow))));
  };

  it('entries that vanish between plan and execution count as gone', async () => {
    await fill(600, n => ({ mark: n % 3 }));
    const aimed = filter('mark=1');
    const untouched = await bystanders(aimed);
    const plan = await made.table.plan(aimed, 'delete');
    expect(plan.count).toBe(200);
    for (const flow of (await all(made.table.list({ filter: aimed }))).slice(0, 50)) await made.table.delete(flow.key!);
    expect(await plan.execute()).toMatchObject({ changed: 150, gone: 50, failed: 0, notAttempted: 0 });
    expect(await bystanders(aimed)).toEqual(untouched);
    expect(await made.table.count()).toBe(400);
  });

  it('a change never hits a connection that replaced its target', async () => {
    await fill(100);
    const plan = await made.table.plan(filter('mark=1'), 'delete');
    const targets = (await all(made.table.list())).slice(0, 10);
    for (const flow of targets) await made.table.delete(flow.key!);
    // An id is made from the tuple and the place in memory: other entries take the places first.
    for (let n = 0; n < 200; n++) await made.source.create(udp(5000 + n, { mark: 2 }));
    for (const { family, protonum, original } of targets)
      await made.source.create({ family, protonum, original, timeout: 60, mark: 3 });
    const successors = await all(made.table.list({ filter: filter('mark=3') }));
    const ids = new Set(targets.map(flow => flow.id));
    const replaced = successors.filter(flow => !ids.has(flow.id));
    expect(replaced.length).toBeGreaterThan(0);
    const result = await plan.execute();
    expect(result).toMatchObject({ failed: 0, notAttempted: 0 });
    expect(result.gone).toBe(replaced.length);
    const left = keysOf(await all(made.table.list({ filter: filter('mark=3') })));
    expect(left).toEqual(keysOf(replaced));
    expect(await made.table.count({ filter: filter('mark=2') })).toBe(200);
  });

  it('an update counts vanished and replaced flows as gone, and marks no successor', async () => {
    await fill(100);
    const plan = await made.table.plan(filter('mark=1'), { mark: 7 });
    const targets = await all(made.table.list());
    for (const flow of targets.slice(0, 20)) await made.table.delete(flow.key!);
    for (let n = 0; n < 200; n++) await made.source.create(udp(5000 + n, { mark: 2 }));
    for (const { family, protonum, original } of targets.slice(0, 10))
      await made.source.create({ family, protonum, original, timeout: 60, mark: 3 });
    const ids = new Set(targets.map(flow => flow.id));
    const successors = await all(made.table.list({ filter: filter('mark=3') }));
    const same = successors.filter(flow => ids.has(flow.id)).length;
    expect(same).toBeLessThan(10);
    expect(await plan.execute()).toMatchObject({ changed: 80 + same, gone: 20 - same, failed: 0, failures: [] });
    expect(await made.table.count({ filter: filter('mark=3') })).toBe(10 - same);
    expect(await made.table.count({ filter: filter('mark=2') })).toBe(200);
  });

  it('status bits that entries refuse (EBUSY) are reported, each reason once', async () => {
    await fill(300);
    const result = await made.table.updateMany(filter('mark=1'), { status: ['DYING'] });
    expect(result).toMatchObject({ matched: 300, changed: 0, gone: 0, failed: 300 });
    expect(result.failures).toEqual([{ reason: expect.stringMatching(/EBUSY/), count: 300 }]);
    expect(await made.table.count()).toBe(300);
  });

  it('a second drain skips flows with a deadline, and no update moves the deadline', async () => {
    await fill(20);
    expect(await made.table.drain({ filter: filter('mark=1'), within: 40 })).toMatchObject({ changed: 20, failed: 0 });
    const again = await made.table.planDrain({ filter: filter('mark=1'), within: 90 });
    expect(again).toMatchObject({ count: 0, skips: [{ reason: 'already has a deadline', count: 20 }] });
    const moved = await made.table.updateMany(filter('mark=1'), { timeout: 500 });
    expect(moved).toMatchObject({ changed: 0, failed: 20 });
    for (const flow of await all(made.table.list())) expect(flow.timeout).toBeLessThanOrEqual(40);
  });

  it('a drain sets a deadline that traffic does not extend', async context => {
    const reason = labAvailable();
    if (reason !== undefined) context.skip(reason);
    await using lab = await createNatLab();
    await using table = new ConntrackTable(await KernelSource.open({ netns: lab.router.fd }));
    const drained = await lab.traffic.udpExchange({ port: 53 });
    const other = await lab.traffic.udpExchange({ port: 5353 });
    expect(await table.drain({ filter: filter('dport=53&proto=udp'), within: 9 })).toMatchObject({ changed: 1 });
    await table.updateMany(filter('dport=5353&proto=udp'), { timeout: 9 });
    await drained.send();
    await other.send();
    const left = async (query: string) => (await all(table.list({ filter: filter(query) })))[0]?.timeout;
    expect(await left('dport=53&proto=udp')).toBeLessThan(10);
    expect(await left('dport=5353&proto=udp')).toBeGreaterThan(20);
  });

  it('a reconciliation deletes stale flows in one pass', async () => {
    await fill(200, n => ({ mark: n % 4 }));
    const scope = filter('mark=1,2,3');
    const keep = [filter('mark=2'), filter('src=10.1.0.1,10.1.0.5')];
    expect(await made.table.reconcile({ scope, keep })).toMatchObject({ changed: 98, failed: 0, gone: 0 });
    expect(await made.table.count()).toBe(102);
  });

  it('a change stops between batches, and reports exactly what was done', async () => {
    await fill(10_000);
    const plan = await made.table.plan(filter('mark=1'), 'delete', { maxAffected: 10_000 });
    const controller = new AbortController();
    const many = made.source.deleteMany.bind(made.source);
    let outcomes = 0;
    made.source.deleteMany = async function* (refs, signal) {
      for await (const outcome of many(refs, signal)) {
        if (++outcomes === 300) controller.abort(new Error('enough'));
        yield outcome;
      }
    };
    const error = await failing(plan.execute({ signal: controller.signal }));
    expect(error.code).toBe('STOPPED');
    const { changed, gone, failed } = error.details.result!;
    expect([gone, failed]).toEqual([0, 0]);
    expect(changed).toBeGreaterThanOrEqual(300);
    expect(changed).toBeLessThan(10_000);
    expect(await made.table.count()).toBe(10_000 - changed);
  });

  it('a change that is killed in the middle leaves the other flows unchanged, and finishes when run again', async () => {
    const ENTRIES = 60_000;
    // Many batches: it pauses after the first of them.
    await fill(ENTRIES, n => ({ mark: n % 2 }));
    const aimed = filter('mark=1');
    const untouched = await bystanders(aimed);
    const run = (...pause: string[]) =>
      spawn(
        process.execPath,
        [
          '--import',
          'tsx',
          '--conditions=@conntrack/source',
          fileURLToPath(new URL('./change/execute-plan.mjs', import.meta.url)),
          made.namespace.path,
          'mark=1',
          ...pause,
        ],
        { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
      );
    const killed = run('pause');
    const exit = once(killed, 'exit');
    const [line] = (await Promise.race([once(killed.stdout, 'data'), exit])) as [unknown];
    expect(String(line)).toContain(`planned ${ENTRIES / 2}`);
    // As soon as the first entries are gone.
    while ((await made.table.count()) === ENTRIES && killed.exitCode === null);
    killed.kill('SIGKILL');
    await exit;
    const left = (await made.table.count()) - ENTRIES / 2;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(ENTRIES / 2);
    expect(await bystanders(aimed)).toEqual(untouched);
    const again = run();
    let output = '';
    again.stdout.on('data', chunk => {
      output += chunk;
    });
    expect((await once(again, 'exit'))[0]).toBe(0);
    expect(output).toContain(`changed ${left}`);
    expect(await bystanders(aimed)).toEqual(untouched);
    expect(await made.table.count()).toBe(ENTRIES / 2);
  });
});
