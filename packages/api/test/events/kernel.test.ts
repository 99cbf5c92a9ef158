import { FlowIndex } from '@conntrack/client';
import { Namespace } from '@conntrack/lab';
import { Conntrack, type NewFlow } from '@conntrack/netlink';
import { openTable } from '@conntrack/table';
import { describe, expect, test } from 'vitest';
import { noKernel } from '../../../table/test/namespace.js';
import { serve } from '../../src/index.js';
import { type AnyRecord, recordsOf } from './support.js';

const ENTRIES = 20_000;

function* flows(): Generator<NewFlow> {
  for (let n = 0; n < ENTRIES; n++) {
    const src = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    const original = { src, dst: '198.51.100.7', sport: 1024, dport: 53 };
    yield { family: 'ipv4', protonum: 17, timeout: 86_400, mark: n % 7, original };
  }
}

/** Creates entries as fast as possible, and deletes every third one. */
async function churn(namespace: Namespace): Promise<void> {
  await using conntrack = Conntrack.open({ netns: namespace.fd });
  for await (const each of conntrack.createMany(flows())) expect(each.outcome).toBe('done');
  const thirds = [...flows()].filter((_, n) => n % 3 === 0);
  for await (const each of conntrack.deleteMany(thirds)) expect(each.outcome).toBe('done');
}

describe.skipIf(noKernel !== undefined)(`the kernel's events (${noKernel ?? 'real'})`, () => {
  test.each([
    ['the kernel', (netns: number) => openTable('kernel', { netns })],
    ['the kernel with an index', (netns: number) => openTable('kernel', { netns, index: { buffer: 20 } })],
  ])(
    'lost events of %s are reported as gap and resync, and what a watcher holds equals the table afterwards',
    async (_, tableOf) => {
      const namespace = Namespace.create();
      const table = await tableOf(namespace.fd);
      // A small buffer, so that the kernel loses most events.
      const eventLimits = { buffer: 20, linger: 500 };
      const server = await serve({ table, listen: '127.0.0.1:0', anonymous: 'read', grace: 60_000, eventLimits });
      const index = new FlowIndex();
      const seen: Record<string, number> = {};
      const order: string[] = [];
      const records = recordsOf(await fetch(`${server.url}/conntrack/events?initial=true`));
      const reading = (async () => {
        for await (const record of records as AsyncGenerator<AnyRecord>) {
          index.apply(record as never);
          seen[record.type] = (seen[record.type] ?? 0) + 1;
          if (record.type === 'gap' || record.type === 'resync')
            order.push(`${record.type} ${record.where ?? record.reason}`);
        }
      })();
      await churn(namespace);
      const marks = async (): Promise<Map<string, number>> => {
        const all = new Map<string, number>();
        for await (const { key, mark } of table.list()) all.set(key!, mark!);
        return all;
      };
      const whole = await marks();
      expect(whole.size).toBe(ENTRIES - Math.ceil(ENTRIES / 3));
      await expect.poll(() => index.synced && index.flows.size).toBe(whole.size);
      expect(seen.gap).toBeGreaterThan(0);
      expect(order.slice(0, 3)).toEqual(['resync initial', 'gap kernel', 'resync kernel']);
      // Every gap is followed by a resync.
      expect(order.filter((_, i) => i % 2 === 1).every(what => what === 'gap kernel')).toBe(true);
      // An event does not contain a mark of 0.
      expect(new Map([...index.flows].map(([key, { mark }]) => [key, mark ?? 0]))).toEqual(whole);
      await server.close();
      await reading;
      expect(seen.bye).toBe(1);
      table.close();
      namespace.close();
    },
  );
});
