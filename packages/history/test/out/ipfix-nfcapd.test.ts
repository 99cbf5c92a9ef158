import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Flow } from '@conntrack/flow';
import { describe, expect, onTestFinished, test } from 'vitest';
import { IpfixExporter } from '../../src/out/ipfix/exporter.js';
import type { IpfixOptions } from '../../src/out/ipfix/options.js';
import { batchOf, type TestRow } from '../records.js';
import { DNAT, ECHO, ECHO6, PLAIN6, SNAT, SNAT6 } from './flows.js';
import { notInstalled } from './installed.js';
import { type Collection, startCollector } from './nfcapd.js';

const missing = notInstalled('nfcapd');

/** What nfcapd has after an exporter sent rows to it. */
async function collect(rows: TestRow[], options: Partial<IpfixOptions> = {}): Promise<Collection> {
  const collector = await startCollector();
  const exporter = new IpfixExporter({ transport: 'udp', host: '127.0.0.1', port: collector.port, ...options });
  exporter.write(batchOf(rows));
  await exporter.close();
  expect(exporter.dropped).toBe(0);
  return collector.stop();
}

const ends = (...flows: Flow[]): TestRow[] => flows.map(flow => ({ kind: 'end', flow }));

describe.skipIf(missing)(`nfcapd reads what the exporter sends (${missing ?? 'installed'})`, () => {
  test('every field of an ended flow with NAT of the source', async () => {
    const { records, sequenceErrors, print } = await collect(ends(SNAT), { records: 'flows' });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      first: '2026-11-30T14:00:00.123',
      last: '2026-11-30T14:03:00.999',
      proto: 6,
      src4_addr: '192.168.1.10',
      dst4_addr: '203.0.113.10',
      src_port: 40_000,
      dst_port: 443,
      in_packets: 10,
      in_bytes: 5_000_000_000,
      out_packets: 20,
      out_bytes: 2 ** 53 - 1,
      src4_xlt_ip: '198.51.100.1',
      dst4_xlt_ip: '203.0.113.10',
      src_xlt_port: '61234',
      dst_xlt_port: '443',
      ingress_vrf: '5',
    });
    expect(await print('-o', 'raw')).toContain('0x03 end of Flow detected');
    expect(sequenceErrors).toBe(0);
  });

  test('IPv6, ICMP and ICMPv6, with and without counters', async () => {
    const time = Date.parse('2026-11-30T14:05:00.250Z');
    const rows: TestRow[] = [{ kind: 'end', flow: PLAIN6, time }, ...ends(SNAT6, ECHO, ECHO6)];
    const { records } = await collect(rows, { records: 'flows' });
    expect(records).toHaveLength(4);
    const [plain, translated, echo, echo6] = records;
    expect(plain).toMatchObject({
      last: '2026-11-30T14:05:00.250',
      proto: 17,
      src6_addr: '2001:db8::1',
      dst6_addr: '2001:db8:ffff::2',
      src_port: 1000,
      dst_port: 53,
    });
    // nfdump prints 0 for counters that a record does not have, and no line for those of the reply.
    expect(plain).not.toHaveProperty('out_bytes');
    expect(translated).toMatchObject({ in_bytes: 100, out_bytes: 300, src_xlt_port: '2000', dst_xlt_port: '53' });
    expect(echo).toMatchObject({ proto: 1, icmp_type: 8, icmp_code: 0, in_packets: 4, out_bytes: 336 });
    expect(echo6).toMatchObject({ proto: 58, icmp_type: 128, icmp_code: 0, src6_addr: '2001:db8::1' });
  });

  test('the creation and the deletion of NAT sessions', async () => {
    const rows: TestRow[] = [
      { kind: 'nat', flow: SNAT, time: Date.parse(SNAT.start!) },
      { kind: 'nat', flow: DNAT, time: Date.parse(DNAT.start!) },
      ...ends(SNAT, DNAT, SNAT6, { ...PLAIN6, stop: SNAT.stop! }),
    ];
    const { records, print } = await collect(rows, { records: 'nat' });
    const session = { src4_addr: '192.168.1.10', src_port: 40_000, src4_xlt_ip: '198.51.100.1', src_xlt_port: '61234' };
    const forward = { dst4_addr: '198.51.100.1', dst_port: 8080, dst4_xlt_ip: '192.168.1.10', dst_xlt_port: '80' };
    expect(records).toMatchObject([
      {
        ...session,
        nat_event: 'NAT44 session create',
        t_event: '2026-11-30T14:00:00.123',
        first: '2026-11-30T14:00:00.123',
      },
      { ...forward, nat_event: 'NAT44 session create', t_event: '2026-11-30T14:01:00.500' },
      {
        ...session,
        nat_event: 'NAT44 session delete',
        t_event: '2026-11-30T14:03:00.999',
        last: '2026-11-30T14:03:00.999',
      },
      { ...forward, nat_event: 'NAT44 session delete', t_event: '2026-11-30T14:02:00.500' },
      { nat_event: 'NAT translation delete', src6_addr: '2001:db8::1', src_xlt_port: '2000' },
    ]);
    // The question of an authority: who had this public address and port?
    const answer = await print('-q', '-o', 'fmt:%sa:%sp %nsa:%nsp', 'src xip 198.51.100.1 and src xport 61234');
    expect(answer.replace(/ +/g, ' ')).toContain('192.168.1.10: 40000 198.51.100.1: 61234');
  });

  test('a lost datagram is a gap in the sequence numbers', async () => {
    const collector = await startCollector();
    const relay = createSocket('udp4').bind(0, '127.0.0.1');
    onTestFinished(() => void relay.close());
    await once(relay, 'listening');
    const lengths: number[] = [];
    relay.on('message', message => {
      lengths.push(message.length);
      if (lengths.length !== 4) relay.send(message, collector.port, '127.0.0.1');
    });
    const exporter = new IpfixExporter({
      transport: 'udp',
      host: '127.0.0.1',
      port: relay.address().port,
      records: 'flows',
    });
    exporter.write(batchOf(Array.from({ length: 100 }, () => ({ kind: 'end' as const, flow: SNAT }))));
    await exporter.close();
    // Templates, 100 records of 86 bytes, and statistics.
    await expect.poll(() => lengths.length).toBe(9);
    const { records, sequenceErrors } = await collector.stop();
    expect(records).toHaveLength(100 - 16);
    expect(sequenceErrors).toBe(1);
  });
});
