import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import type { Family, Tuple } from '@conntrack/flow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createNatLab,
  labAvailable,
  Namespace,
  type NatLab,
  startDemoTraffic,
  type TrafficHandle,
} from '../src/lab/index.js';

const reason = labAvailable();
const why = reason ? ` (${reason})` : '';
const hasConntrack = spawnSync('conntrack', ['-V'], { stdio: 'ignore' }).status === 0;
const families: Family[] = existsSync('/proc/net/if_inet6') ? ['ipv4', 'ipv6'] : ['ipv4'];

/** Open sockets and namespaces of this process: what a leak would add to. */
const held = (): number =>
  readdirSync('/proc/self/fd').filter(fd => {
    try {
      return /^(socket|net):/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;

/** One entry as conntrack(8) prints it. */
interface Printed {
  family: string;
  protonum: number;
  state: string | undefined;
  tuples: Record<string, string>[];
  flags: string[];
  line: string;
}

async function entries(namespace: Namespace): Promise<Printed[]> {
  const { status, stdout, stderr } = await namespace.run('conntrack', ['-L', '-o', 'extended,timestamp']);
  expect(status, stderr).toBe(0);
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const words = line.split(/\s+/);
      const tuples: Record<string, string>[] = [];
      for (const [, key, value] of line.matchAll(/(\w+)=(\S+)/g)) {
        if (key === 'src') tuples.push({});
        tuples.at(-1)![key!] = value!;
      }
      return {
        family: words[0]!,
        protonum: Number(words[3]),
        state: /^[A-Z]/.test(words[5]!) ? words[5] : undefined,
        tuples,
        flags: [...line.matchAll(/\[(\w+)\]/g)].map(([, flag]) => flag!),
        line,
      };
    });
}

const has = (printed: Record<string, string> | undefined, tuple: Tuple): boolean =>
  Object.entries(tuple).every(([key, value]) => printed?.[key] === String(value));

/** The entry of a piece of traffic, with both tuples right. */
async function entryOf(lab: NatLab, handle: TrafficHandle): Promise<Printed> {
  const all = await entries(lab.router);
  const found = all.filter(
    ({ protonum, tuples }) =>
      protonum === handle.protonum && has(tuples[0], handle.original) && has(tuples[1], handle.reply),
  );
  expect(found, all.map(({ line }) => line).join('\n')).toHaveLength(1);
  expect(found[0]!.family).toBe(handle.family);
  return found[0]!;
}

describe.skipIf(reason)(`namespaces${why}`, () => {
  it('have settings of their own', () => {
    using namespace = Namespace.create();
    using other = Namespace.create();
    namespace.sysctl('net.ipv4.ip_forward', 1);
    other.sysctl('ipv4/ip_forward', 0);
    expect(namespace.readSysctl('ipv4.ip_forward')).toBe('1');
    expect(other.readSysctl('net/ipv4/ip_forward')).toBe('0');
    expect(() => namespace.sysctl('netfilter.no_such', 1)).toThrow(/netfilter\.no_such.*ENOENT/);
  });

  it('run programs, which find nothing but a loopback device', async () => {
    using namespace = Namespace.create();
    const script = 'cat; tail -n +3 /proc/net/dev | cut -d: -f1; echo warning >&2; exit 3';
    const result = await namespace.run('sh', ['-c', script], { input: 'hello\n' });
    expect(result).toMatchObject({ status: 3, signal: null, stderr: 'warning\n' });
    expect(result.stdout.split(/\s+/)).toEqual(expect.arrayContaining(['hello', 'lo']));
    expect(result.stdout).not.toContain('eth0');
    const missing = await namespace.run('no-such-program');
    expect(missing.status).not.toBe(0);
    expect(missing.stderr).toContain('no-such-program');
  });

  it('can be closed twice, and not be used then', () => {
    const namespace = Namespace.create();
    namespace.close();
    namespace.close();
    expect(() => namespace.fd).toThrow(/closed/);
  });

  it.skipIf(!hasConntrack)('track once they are told to', async () => {
    using namespace = Namespace.create();
    await namespace.loopbackUp();
    const knock = () => namespace.run('bash', ['-c', 'echo x > /dev/udp/127.0.0.1/9; echo x > /dev/udp/::1/9']);
    await knock();
    expect(await entries(namespace)).toEqual([]);
    await namespace.trackingOn();
    await knock();
    const tracked = new Set((await entries(namespace)).map(({ family }) => family));
    expect([...tracked].sort()).toEqual(families);
  });
});

describe.skipIf(reason)(`the NAT lab${why}`, () => {
  let lab: NatLab;
  beforeAll(async () => {
    lab = await createNatLab();
  });
  afterAll(() => lab?.close());

  it('counts and stamps by default', () => {
    expect(lab.router.readSysctl('netfilter.nf_conntrack_acct')).toBe('1');
    expect(lab.router.readSysctl('netfilter.nf_conntrack_timestamp')).toBe('1');
    expect(lab.families).toEqual(families);
  });

  const kinds = [
    ['tcpEstablished', 'ESTABLISHED', ['ASSURED']],
    ['tcpForwarded', 'ESTABLISHED', ['ASSURED']],
    ['tcpClosed', 'TIME_WAIT', ['ASSURED']],
    ['tcpReset', 'CLOSE', ['ASSURED']],
    ['tcpHalfClosed', 'CLOSE_WAIT', ['ASSURED']],
    ['tcpSynOnly', 'SYN_SENT', ['UNREPLIED']],
    ['udpRequest', undefined, ['UNREPLIED']],
    ['udpExchange', undefined, []],
    ['icmpEcho', undefined, []],
  ] as const;
  for (const family of families)
    it.skipIf(!hasConntrack).each(kinds)(`${family} %s is what the kernel calls %s %j`, async (kind, state, flags) => {
      await using handle = await lab.traffic[kind]({ family });
      await expect.poll(async () => (await entryOf(lab, handle)).state, { timeout: 2_000 }).toBe(state);
      const entry = await entryOf(lab, handle);
      expect(entry.flags).toEqual(flags);
      expect(Number(entry.tuples[0]!.packets)).toBeGreaterThan(0);
      expect(entry.line).toContain('delta-time=');
    });

  it.skipIf(!hasConntrack)('makes a UDP stream ASSURED', async () => {
    await using stream = await lab.traffic.udpExchange({ assured: true, from: lab.addresses.clients[1]!.ipv4 });
    expect((await entryOf(lab, stream)).flags).toEqual(['ASSURED']);
  });

  it.skipIf(!hasConntrack)('changes addresses as a home router does', async () => {
    const { router, client, server } = lab.addresses;
    const outgoing = await lab.traffic.tcpEstablished({ port: 8443, sport: 40_000 });
    expect(outgoing.original).toEqual({ src: client.ipv4, dst: server.ipv4, sport: 40_000, dport: 8443 });
    expect(outgoing.reply).toMatchObject({ src: server.ipv4, dst: router.outside.ipv4, sport: 8443 });
    const forwarded = await lab.traffic.tcpForwarded();
    expect(forwarded.original).toMatchObject({ src: server.ipv4, dst: router.outside.ipv4, dport: 8080 });
    expect(forwarded.reply).toMatchObject({ src: client.ipv4, dst: server.ipv4, sport: 80 });
    await entryOf(lab, outgoing);
    await entryOf(lab, forwarded);
  });

  it.skipIf(!hasConntrack)('gives marks by port, and other settings', async () => {
    await using marking = await createNatLab({
      marks: { 443: 0x10 },
      sysctls: { 'netfilter.nf_conntrack_udp_timeout': 77 },
    });
    expect((await entryOf(marking, await marking.traffic.tcpEstablished())).line).toContain('mark=16');
    const [, , , , timeout] = (await entryOf(marking, await marking.traffic.udpRequest())).line.split(/\s+/);
    expect(Number(timeout)).toBeGreaterThan(70);
  });
});

describe.skipIf(reason)(`what the lab leaves behind${why}`, () => {
  it('is nothing, after any traffic, with another lab beside it', async () => {
    const before = held();
    const labs = await Promise.all([createNatLab(), createNatLab()]);
    for (const { traffic } of labs) {
      await Promise.all([traffic.tcpEstablished(), traffic.tcpHalfClosed(), traffic.tcpSynOnly(), traffic.tcpReset()]);
      await Promise.all([traffic.udpExchange(), traffic.udpRequest(), traffic.icmpEcho()]);
    }
    expect(held()).toBeGreaterThan(before + 10);
    for (const lab of labs) {
      await lab.close();
      await lab.close();
    }
    expect(held()).toBe(before);
  });

  it('is nothing after the demo, which has 30 to 60 entries', async () => {
    const before = held();
    const lab = await createNatLab();
    const stop = new AbortController();
    const demo = await startDemoTraffic(lab, { signal: stop.signal });
    const count = Number(lab.router.readSysctl('netfilter.nf_conntrack_count'));
    expect(count).toBeGreaterThanOrEqual(families.length === 2 ? 30 : 24);
    expect(count).toBeLessThanOrEqual(60);
    const started = performance.now();
    stop.abort();
    await demo.stop();
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(demo.interruptions).toBe(0);
    await lab.close();
    expect(held()).toBe(before);
  });

  it('is nothing after a demo whose lab was closed under it', async () => {
    const before = held();
    const lab = await createNatLab();
    const demo = await startDemoTraffic(lab);
    await lab.close();
    await demo.stop();
    expect(held()).toBe(before);
  });
});
