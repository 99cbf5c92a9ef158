import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Flow } from '@conntrack/flow';
import { Conntrack } from '@conntrack/netlink';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNatLab, LabError, labAvailable, Namespace, type NatLab, type TrafficHandle } from '../src/index.js';
import { flowsOf, leaks, needsLab } from './support.js';

/** The entry of this traffic, once it looks as expected: the last packets may still be on their way. */
async function entry(lab: NatLab, handle: TrafficHandle, ready: (flow: Flow) => boolean): Promise<Flow | undefined> {
  for (let attempt = 0; ; attempt++) {
    const flows = await flowsOf(lab.router);
    const found = flows.find(
      ({ protonum, original }) =>
        protonum === handle.protonum &&
        original.src === handle.original.src &&
        original.sport === handle.original.sport &&
        original.id === handle.original.id,
    );
    if ((found !== undefined && ready(found)) || attempt === 3000) return found;
    await delay(20);
  }
}

describe('a namespace', () => {
  needsLab();

  it('a namespace tracks nothing until tracking is turned on, and then both families', async () => {
    using namespace = Namespace.create();
    await namespace.loopbackUp();
    const exchange = `
      const socket = require('dgram').createSocket(process.argv[1]);
      socket.send('x', 9, process.argv[2], () => socket.close());`;
    const knock = async () => {
      await namespace.run(process.execPath, ['-e', exchange, 'udp4', '127.0.0.1']);
      await namespace.run(process.execPath, ['-e', exchange, 'udp6', '::1']);
    };
    await knock();
    expect(await flowsOf(namespace)).toEqual([]);
    await namespace.trackingOn();
    await knock();
    const families = (await flowsOf(namespace)).filter(({ protocol }) => protocol === 'udp').map(flow => flow.family);
    expect(families.sort()).toEqual(['ipv4', 'ipv6']);
  });

  it('a namespace has its own sysctls', () => {
    using one = Namespace.create();
    using other = Namespace.create();
    one.sysctl('netfilter.nf_conntrack_udp_timeout', 11);
    other.sysctl('net/netfilter/nf_conntrack_udp_timeout', 22);
    expect(one.readSysctl('net.netfilter.nf_conntrack_udp_timeout')).toBe('11');
    expect(other.readSysctl('netfilter.nf_conntrack_udp_timeout')).toBe('22');
  });

  it('a namespace runs programs, with input and output', async () => {
    using namespace = Namespace.create();
    const inside = readlinkSync(namespace.path);
    const shell = 'readlink /proc/self/ns/net; cat; echo oops >&2; exit 3';
    const result = await namespace.run('sh', ['-c', shell], { input: 'hello' });
    expect(result).toEqual({ status: 3, signal: null, stdout: `${inside}\nhello`, stderr: 'oops\n' });
    expect(inside).not.toBe(readlinkSync('/proc/self/ns/net'));
    const missing = await namespace.run('no-such-program');
    expect(missing.status).not.toBe(0);
    expect(missing.stderr).toContain('no-such-program');
  });

  it('a namespace can be closed twice, and not be used afterwards', () => {
    const namespace = Namespace.create();
    namespace.close();
    namespace.close();
    expect(() => namespace.fd).toThrow(/closed/);
  });

  it('an error names the step that failed', async () => {
    using namespace = Namespace.create();
    await namespace.trackingOn();
    const twice = await namespace.trackingOn().catch((error: unknown) => error);
    expect(twice).toBeInstanceOf(LabError);
    expect(twice).toMatchObject({ code: 'LAB_FAILED', errnoName: 'EEXIST', step: 'add the table inet conntrack_lab' });
    expect(() => namespace.sysctl('netfilter.no_such_setting', 1)).toThrow(
      /set netfilter.no_such_setting to 1 \(ENOENT\)/,
    );
  });
});

describe('the NAT lab', () => {
  needsLab();
  let lab: NatLab;
  beforeAll(async () => {
    if (labAvailable() === undefined) lab = await createNatLab({ ipv6: true, marks: { 443: 0x10 } });
  });
  afterAll(() => lab?.close());

  it('the lab begins with an empty table', async () => {
    expect(await flowsOf(lab.router)).toEqual([]);
  });

  describe.each(['ipv4', 'ipv6'] as const)('%s', family => {
    const outside = () => lab.addresses.router.outside[family];
    /** The client's address as the server sees it: only IPv4 is masqueraded. */
    const seen = () => (family === 'ipv4' ? outside() : lab.addresses.client[family]);

    it.each([
      ['tcpEstablished', 'ESTABLISHED', true],
      ['tcpClosed', 'TIME_WAIT', true],
      ['tcpReset', 'CLOSE', true],
      ['tcpHalfClosed', 'CLOSE_WAIT', true],
      ['tcpSynOnly', 'SYN_SENT', false],
    ] as const)('%s makes %s', async (kind, state, answered) => {
      await using handle = await lab.traffic[kind]({ family });
      const flow = await entry(lab, handle, found => found.state === state);
      expect(flow).toMatchObject({ family, protocol: 'tcp', state, original: handle.original, reply: handle.reply });
      expect(flow!.original).toMatchObject({ src: lab.addresses.client[family], dst: lab.addresses.server[family] });
      expect(flow!.reply.dst).toBe(seen());
      expect(flow!.status!.includes('SEEN_REPLY')).toBe(answered);
      expect(flow!.status!.includes('ASSURED')).toBe(answered);
      expect(flow!.status!.includes('SRC_NAT')).toBe(family === 'ipv4');
      expect(flow!.mark).toBe(answered ? 0x10 : 0);
      expect(handle.state).toBe(state);
    });

    it('tcpForwarded makes an entry with a translated destination', async () => {
      await using handle = await lab.traffic.tcpForwarded({ family });
      const flow = await entry(lab, handle, found => found.state === 'ESTABLISHED');
      expect(flow).toMatchObject({ original: handle.original, reply: handle.reply, state: 'ESTABLISHED' });
      expect(flow!.original).toMatchObject({ dst: outside(), dport: 8080 });
      expect(flow!.reply).toMatchObject({ src: lab.addresses.client[family], sport: 80 });
      expect(flow!.status).toContain('DST_NAT');
    });

    it('udpRequest has no answer, and udpExchange has answers', async () => {
      await using request = await lab.traffic.udpRequest({ family });
      await using exchange = await lab.traffic.udpExchange({ family, packets: 3 });
      const unreplied = await entry(lab, request, () => true);
      expect(unreplied).toMatchObject({ protocol: 'udp', original: request.original, reply: request.reply });
      expect(unreplied!.status).not.toContain('SEEN_REPLY');
      const replied = await entry(lab, exchange, () => true);
      expect(replied).toMatchObject({ original: { packets: 3 }, reply: { packets: 3, dst: seen() } });
      expect(replied).toMatchObject({ original: exchange.original, reply: exchange.reply });
      expect(replied!.status).toContain('SEEN_REPLY');
    });

    it('icmpEcho has replies', async () => {
      await using echo = await lab.traffic.icmpEcho({ family, count: 2 });
      const flow = await entry(lab, echo, () => true);
      expect(flow).toMatchObject({
        protocol: family === 'ipv4' ? 'icmp' : 'icmpv6',
        original: { ...echo.original, packets: 2 },
        reply: { ...echo.reply, packets: 2 },
      });
      expect(echo.original.type).toBe(family === 'ipv4' ? 8 : 128);
    });
  });

  it('the lab records counters and start times', async () => {
    const handle = await lab.traffic.tcpEstablished();
    await handle.exchange({ up: 5_000, down: 50_000 });
    const flow = await entry(lab, handle, ({ reply }) => (reply.bytes ?? 0) > 50_000);
    expect(flow!.original.bytes).toBeGreaterThan(5_000);
    expect(flow!.reply.bytes).toBeGreaterThan(50_000);
    expect(Math.abs(Date.parse(flow!.start!) - Date.now())).toBeLessThan(60_000);
    await handle.close();
  });

  it('UDP is ASSURED after two seconds', async () => {
    const handle = await lab.traffic.udpExchange({ assured: true, from: lab.addresses.clients[1]!.ipv4 });
    const flow = await entry(lab, handle, () => true);
    expect(flow!.status).toContain('ASSURED');
    await handle.close();
  });

  it('the lab stores labels', async () => {
    const handle = await lab.traffic.tcpEstablished();
    const flow = await entry(lab, handle, () => true);
    const conntrack = Conntrack.open({ netns: lab.router.fd });
    await conntrack.update(flow!, { labels: [3, 127] });
    conntrack.close();
    expect((await entry(lab, handle, () => true))!.labels).toEqual([3, 127]);
  });

  it('conntrack(8) shows the same entries', async ({ skip }) => {
    skip(spawnSync('conntrack', ['-V']).status !== 0, 'conntrack(8) is not installed');
    await using handle = await lab.traffic.tcpEstablished({ to: lab.addresses.servers[2]!.ipv4, port: 8443 });
    const { status, stdout } = await lab.router.run('conntrack', ['-L', '-p', 'tcp', '--dport', '8443']);
    const { original, reply } = handle;
    expect(status).toBe(0);
    expect(stdout).toContain('ESTABLISHED');
    for (const { src, dst, sport, dport } of [original, reply])
      expect(stdout).toContain(`src=${src} dst=${dst} sport=${sport} dport=${dport} `);
  });

  it('two UDP sockets of one client never get the same free port', async () => {
    // Of 300 ports chosen at random, two are the same with a probability of 80 %.
    const requests: Awaited<ReturnType<typeof lab.traffic.udpRequest>>[] = [];
    for (let i = 0; i < 300; i++) requests.push(await lab.traffic.udpRequest());
    expect(new Set(requests.map(({ original }) => original.sport)).size).toBe(requests.length);
    await Promise.all(requests.map(request => request.close()));
  });

  it('building the lab does not block the event loop', async () => {
    let [built, longest, last] = [false, 0, process.cpuUsage()];
    // CPU time of this process, so that other work on the machine does not count.
    const turn = (): void => {
      const { user, system } = process.cpuUsage(last);
      longest = Math.max(longest, (user + system) / 1000);
      last = process.cpuUsage();
      if (!built) setImmediate(turn);
    };
    turn();
    const another = await createNatLab();
    await another.traffic.icmpEcho();
    await another.close();
    built = true;
    expect(longest).toBeLessThan(50 * Number(process.env.CONNTRACK_TEST_PATIENCE ?? 1));
  });

  it('the lab uses the given ports and sysctls', async () => {
    await using another = await createNatLab({ sysctls: { 'netfilter.nf_conntrack_udp_timeout': 77 } });
    const { client, server } = another.addresses;
    const { original } = await another.traffic.tcpEstablished({ port: 8443, sport: 40_000 });
    expect(original).toEqual({ src: client.ipv4, dst: server.ipv4, sport: 40_000, dport: 8443 });
    const flow = await entry(another, await another.traffic.udpRequest(), () => true);
    expect(flow!.timeout).toBeGreaterThan(70);
  });

  it('closing the lab frees every socket and namespace, even during traffic and beside another lab', async () => {
    const left = await leaks(async () => {
      const labs = await Promise.all([createNatLab(), createNatLab()]);
      for (const { traffic } of labs) {
        await Promise.all([traffic.tcpEstablished(), traffic.tcpForwarded(), traffic.tcpHalfClosed()]);
        await Promise.all([traffic.tcpSynOnly(), traffic.tcpReset(), traffic.tcpClosed()]);
        await Promise.all([traffic.udpExchange(), traffic.udpRequest(), traffic.icmpEcho()]);
      }
      for (const { close } of labs) {
        await close();
        await close();
      }
    });
    expect(left).toEqual([]);
  });

  it('the lab vanishes with its process', async () => {
    const script = `
      import { createNatLab } from '@conntrack/lab';
      const lab = await createNatLab({ ipv6: false });
      await lab.traffic.tcpEstablished();
      const { readlinkSync } = await import('node:fs');
      console.log(readlinkSync(lab.router.path));
      process.exit(0);`;
    const root = fileURLToPath(new URL('..', import.meta.url));
    const args = ['--import', 'tsx', '--conditions=@conntrack/source', '--input-type=module', '-e', script];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', chunk => {
      output += chunk;
    });
    await new Promise(resolve => child.once('close', resolve));
    const namespace = output.trim();
    expect(namespace).toMatch(/^net:\[\d+\]$/);
    const holders = readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .filter(pid => {
        try {
          return readlinkSync(`/proc/${pid}/ns/net`) === namespace;
        } catch {
          return false; // It has just ended, or belongs to another user.
        }
      });
    expect(holders).toEqual([]);
  });
});
