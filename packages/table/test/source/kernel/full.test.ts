import { readFileSync } from 'node:fs';
import type { NewFlow } from '@conntrack/flow';
import { Conntrack, type NetlinkError } from '@conntrack/netlink';
import { describe, expect, it } from 'vitest';
import { failing, filter } from '../../flows.js';
import { kernelTable, noKernel } from '../../namespace.js';

/** Number of entries that are created within a second or two. The default limit of a host with 1 GiB and more is below. */
const QUICK = 300_000;

/** Why the table is not filled: its limit belongs to the host, and can only be set in the host's first namespace. */
function unwilling(): string | undefined {
  if (noKernel !== undefined) return noKernel;
  const max = Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8'));
  if (max > 0 && (max <= QUICK || process.env.CONNTRACK_TEST_FULL === '1')) return undefined;
  return `nf_conntrack_max is ${max}: set CONNTRACK_TEST_FULL=1 to fill it anyway`;
}
const reason = unwilling();

const entry = (n: number, assured: boolean): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  original: { src: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, dst: '192.0.2.53', sport: 5353, dport: 53 },
  timeout: 86_400,
  mark: n % 2,
  // Only entries that are not ASSURED are evicted to make room.
  status: assured ? ['SEEN_REPLY', 'ASSURED'] : [],
});

describe.skipIf(reason)(`a full table${reason ? ` (${reason})` : ''}`, () => {
  it('a full table says so, and has room again after a delete', async () => {
    const { source, table, namespace, close } = await kernelTable();
    const conntrack = Conntrack.open({ netns: namespace.fd });
    try {
      const { max } = await table.capabilities();
      const entries = Array.from({ length: max! + 10 }, (_, n) => entry(n, true));
      const refused: NetlinkError[] = [];
      for await (const made of conntrack.createMany(entries)) if (made.outcome === 'failed') refused.push(made.error);
      expect(refused.at(-1)).toMatchObject({ code: 'ENOMEM', message: expect.stringMatching(/nf_conntrack_max/) });
      const count = await table.count();
      expect(count).toBeGreaterThanOrEqual(max! - 1);
      expect((await table.capabilities()).notes.join()).toMatch(/nearly full/);
      expect((await table.doctor()).findings.find(({ check }) => check === 'fill')?.status).toBe('loss');
      expect((await failing(table.create(entry(0xfff_fff, false)))).code).toBe('NO_ROOM');
      // No more targets are stored than may be changed.
      const tooMany = await table.plan(filter('mark=1'), 'delete', { maxAffected: 1000 });
      expect(tooMany).toMatchObject({ bytes: 0, refusal: { code: 'TOO_MANY_AFFECTED' } });
      const plan = await table.plan(filter('mark=1'), 'delete', { maxAffected: count });
      expect(plan.bytes / plan.count).toBeLessThanOrEqual(64);
      expect(await plan.execute()).toMatchObject({ changed: plan.count, gone: 0, failed: 0 });
      expect(await table.count()).toBe(count - plan.count);
      expect((await table.create(entry(0xfff_fff, false))).timeout).toBeGreaterThan(500);
    } finally {
      await source.flush({ all: true });
      conntrack.close();
      close();
    }
  });
});
