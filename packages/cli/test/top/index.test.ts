// The view over a table with an index: the rates are those of the index.
import { ALL, parseFilter } from '@conntrack/filter';
import { createNatLab, type NatLab } from '@conntrack/lab';
import { type ConntrackTable, openTable } from '@conntrack/table';
import { afterEach, describe, expect, it } from 'vitest';
import { noKernel } from '../../../table/test/namespace.js';
import { LocalTopSource } from '../../src/top/data/local-source.js';
import { RemoteTopSource } from '../../src/top/data/remote-source.js';
import type { Question } from '../../src/top/data/snapshot.js';
import { measuresRates } from '../../src/top/data/source.js';

const never = new AbortController().signal;
const clock = { now: () => Math.floor(performance.now()), breathe: async () => {} };
const asked = (more: Partial<Question> = {}): Question => ({
  group: undefined,
  sort: 'rate',
  reversed: false,
  limit: 10,
  ...more,
});

describe.skipIf(noKernel !== undefined)(`the view over an index (${noKernel ?? 'real kernel'})`, () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  /** A router with a busy and an idle flow, and its table with an index. */
  async function routed(accounting: 0 | 1): Promise<{ lab: NatLab; table: ConntrackTable }> {
    const lab = await createNatLab();
    open.push({ close: () => lab[Symbol.asyncDispose]() });
    lab.router.sysctl('netfilter.nf_conntrack_acct', accounting);
    const table = await openTable('kernel', { netns: lab.router.path, index: { refreshInterval: 300 } });
    open.push(table);
    await expect.poll(async () => (await table.capabilities()).index!.state).toBe('live');
    await lab.traffic.udpExchange({ port: 53 });
    await lab.traffic.udpExchange({ port: 54 });
    const { filter } = parseFilter('proto == udp');
    await expect.poll(() => table.count({ filter })).toBe(2);
    return { lab, table };
  }

  it.each([
    ['in this process', (table: ConntrackTable) => new LocalTopSource(table, clock)],
    ['of a server', (table: ConntrackTable) => new RemoteTopSource(table, clock)],
  ])('a table %s has the rates of all flows in the first refresh', async (_, sourceOf) => {
    const { table } = await routed(1);
    const source = sourceOf(table);
    const found = await source.refresh(asked(), ALL, never);
    expect(found.matched).toBe(2);
    for (const { rate, bytes } of found.rows) {
      expect(rate).toBeGreaterThanOrEqual(0);
      expect(bytes).toBeGreaterThan(0);
    }
    expect(found.limits).toBeUndefined();
    expect(source.cannotSort(asked({ group: 'source' }))).toBeUndefined();
    const groups = await source.refresh(asked({ group: 'source' }), ALL, never);
    expect(groups.rows).toHaveLength(1);
    expect(groups.rows[0]!.rate).toBeGreaterThanOrEqual(0);
  });

  it('a table without accounting measures no rates, and its rows say so', async () => {
    const { table } = await routed(0);
    expect(await measuresRates(table, never)).toBe(false);
    const local = await new LocalTopSource(table, clock).refresh(asked(), ALL, never);
    expect(local.rows.map(({ rate, bytes }) => [rate, bytes])).toEqual([
      [-1, -1],
      [-1, -1],
    ]);
    const remote = await new RemoteTopSource(table, clock).refresh(asked(), ALL, never);
    expect(remote.limits).toMatch(/counts no bytes/);
  });
});
