// Changes never trust the index: one that is fed lies does not widen or narrow them.
import type { Flow } from '@conntrack/flow';
import { Namespace } from '@conntrack/lab';
import { openTable } from '@conntrack/table';
import { expect, test } from 'vitest';
import { FlowEntry, FlowIndex } from '../../../index/src/index.js';
import { noKernel } from '../../../table/test/namespace.js';
import { body, testApp } from '../support.js';

test.skipIf(noKernel !== undefined)(
  `a delete, an update, a drain and a plan by filter hit what the kernel has, whatever the index says (${noKernel ?? 'real kernel'})`,
  async context => {
    const namespace = Namespace.create();
    context.onTestFinished(() => namespace.close());
    const index = new FlowIndex({ now: () => performance.now() });
    const table = await openTable('kernel', { netns: namespace.fd, index: { index } });
    context.onTestFinished(() => table.close());
    const app = testApp({ table });
    for (const sport of [1, 2, 3])
      await table.create({
        family: 'ipv4',
        protonum: 17,
        original: { src: '10.0.0.1', dst: '10.0.0.9', sport, dport: 53 },
        timeout: 300,
      });
    const { items } = await app.json<{ items: Flow[] }>('/conntrack?fresh=true&sort=sport&limit=3');
    const count = async (query: string): Promise<number> =>
      (await app.json<{ count: number }>(`/conntrack/count?${query}`)).count;
    await expect.poll(async () => (await table.capabilities()).index).toMatchObject({ state: 'live', entries: 3 });
    // The index says that entry 1 has mark 7, and that entry 2 does not exist.
    const lie = (): void => {
      index.event(new FlowEntry().move({ ...items[0]!, mark: 7 }, 'update'));
      index.event(new FlowEntry().move(items[1]!, 'destroy'));
    };
    lie();
    await expect.poll(() => count('mark=7')).toBe(1);
    await expect.poll(() => count('sport=2')).toBe(0);
    expect(await app.json('/conntrack?mark=7', { method: 'DELETE' })).toMatchObject({ matched: 0, deleted: 0 });
    expect(await app.json('/conntrack?mark=7', body({ mark: 8 }, 'PATCH'))).toMatchObject({ matched: 0, updated: 0 });
    expect(await app.json('/conntrack/drain', body({ filter: 'mark == 7', within: 9 }))).toMatchObject({ matched: 0 });
    const asked = { filter: 'sport == 2', change: 'delete' };
    const plan = await app.json<{ count: number; execute: string }>('/conntrack/plans', body(asked));
    expect(plan.count).toBe(1);
    lie();
    expect(await app.json(plan.execute, { method: 'POST' })).toMatchObject({ deleted: 1 });
    expect(await app.json('/conntrack?sport=3', body({ mark: 5 }, 'PATCH'))).toMatchObject({ matched: 1, updated: 1 });
    expect(await table.get(items[0]!.key!)).toMatchObject({ mark: 0 });
    expect(await count('fresh=true&dport=53')).toBe(2);
  },
);
