import { setTimeout as delay } from 'node:timers/promises';
import type { Flow } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { createNatLab, DEMO_LAB, startDemoTraffic } from '../src/index.js';
import { flowsOf, leaks, needsLab } from './support.js';

describe('demo traffic', () => {
  needsLab();

  it('demo traffic is a mix of all kinds, limited, and cheap', async () => {
    await using lab = await createNatLab({ ...DEMO_LAB, ipv6: true });
    const traffic = await startDemoTraffic(lab);
    const first = await flowsOf(lab.router);
    const cpu = process.cpuUsage();
    const since = performance.now();
    await delay(2_500);
    const { user, system } = process.cpuUsage(cpu);
    const share = (user + system) / 1000 / (performance.now() - since);
    // Measured at 1 to 2 % of a core. An emulated machine is more than ten times slower.
    expect(share).toBeLessThan(process.env.CONNTRACK_TEST_PATIENCE === undefined ? 0.1 : 1);
    const states = new Set(['ESTABLISHED', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'SYN_SENT', undefined]);
    let later: Flow[] = [];
    const look = async (): Promise<Set<Flow['state']>> => {
      later = await flowsOf(lab.router);
      return new Set(later.map(flow => flow.state));
    };
    await expect.poll(look, { interval: 200 }).toEqual(states);

    expect(later.length).toBeGreaterThanOrEqual(120);
    expect(later.length).toBeLessThanOrEqual(250);
    expect(new Set(later.map(flow => flow.protocol))).toEqual(new Set(['tcp', 'udp', 'icmp', 'icmpv6']));
    expect(new Set(later.map(flow => flow.family))).toEqual(new Set(['ipv4', 'ipv6']));
    expect(new Set(later.map(flow => flow.mark))).toEqual(new Set([0, 0x10, 0x20, 0x30]));
    expect(later.some(flow => flow.status?.includes('DST_NAT'))).toBe(true);
    const bytes = (flows: Flow[]) => flows.reduce((sum, { original }) => sum + original.bytes!, 0);
    expect(bytes(later)).toBeGreaterThan(bytes(first));
    expect(traffic.interruptions).toBe(0);
    await traffic.stop();
  });

  it('demo traffic has something for every job: a scan, a flood, stale UDP, backends, idle connections and zones', async () => {
    await using lab = await createNatLab(DEMO_LAB);
    await using _ = await startDemoTraffic(lab);
    const flows = await flowsOf(lab.router);
    const unreplied = flows.filter(flow => !flow.status?.includes('SEEN_REPLY'));
    const scanned = unreplied.filter(({ original }) => original.dst === '203.0.113.99');
    expect(new Set(scanned.map(({ original }) => original.src))).toEqual(new Set(['192.168.1.13']));
    expect(new Set(scanned.map(({ original }) => original.dport)).size).toBeGreaterThanOrEqual(20);
    const service = flows.filter(({ original }) => original.dst === '203.0.113.100');
    const answered = service.filter(({ state }) => state === 'ESTABLISHED');
    expect(new Set(answered.map(({ reply }) => reply.src)).size).toBe(3);
    const flood = service.filter(({ state }) => state === 'SYN_SENT');
    expect(new Set(flood.map(({ original }) => original.src)).size).toBe(15);
    expect(unreplied.filter(({ reply }) => reply.src === '192.168.1.29').length).toBe(12);
    const count = (src: string) => flows.filter(({ original }) => original.src === src).length;
    expect(count('192.168.1.12')).toBeGreaterThan(count('192.168.1.10'));
    expect(flows.filter(({ timeout }) => timeout! < 400_000 && timeout! > 200_000)).toHaveLength(4);
    expect(new Set(flows.flatMap(({ zone }) => zone ?? []))).toEqual(new Set([1, 2]));
  });

  it('demo traffic ends with its signal, or with the lab', async () => {
    const left = await leaks(async () => {
      const lab = await createNatLab(DEMO_LAB);
      const controller = new AbortController();
      const aborted = await startDemoTraffic(lab, { signal: controller.signal });
      controller.abort();
      await aborted.stop();
      const other = await startDemoTraffic(lab);
      await lab.close();
      await other.stop();
      expect(aborted.interruptions + other.interruptions).toBe(0);
    });
    expect(left).toEqual([]);
  });
});
