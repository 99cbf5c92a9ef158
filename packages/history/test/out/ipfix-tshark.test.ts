import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Flow } from '@conntrack/flow';
import { describe, expect, onTestFinished, test } from 'vitest';
import { IpfixExporter } from '../../src/out/ipfix/exporter.js';
import type { IpfixOptions } from '../../src/out/ipfix/options.js';
import { batchOf, type TestRow } from '../records.js';
import { type Decoded, decode } from './capture.js';
import { DNAT, ECHO, ECHO6, PLAIN6, SNAT, SNAT6 } from './flows.js';
import { notInstalled } from './installed.js';

const missing = notInstalled('tshark');

/** A UDP socket that keeps what it receives. */
async function receiver() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  const datagrams: Buffer[] = [];
  socket.on('message', datagram => datagrams.push(datagram));
  return { port: socket.address().port, datagrams };
}

/** Sends rows, and returns what tshark decodes. */
async function exported(rows: TestRow[], options: Partial<IpfixOptions> = {}) {
  const { port, datagrams } = await receiver();
  const exporter = new IpfixExporter({ transport: 'udp', host: '127.0.0.1', port, domain: 7, ...options });
  exporter.write(batchOf(rows));
  await exporter.close();
  await expect.poll(() => datagrams.length).toBe(exporter.sent.messages);
  const messages = await decode('udp', datagrams);
  return {
    messages,
    datagrams,
    records: messages.filter(({ domain }) => domain === 7).flatMap(({ records }) => records),
  };
}

const end = (flow: Flow, time?: number): TestRow => ({ kind: 'end', flow, ...(time !== undefined && { time }) });
const utc = (time: string) => `Nov 30, 2026 ${time}000000 UTC`;
const without = ({ template, ...rest }: Decoded) => rest;

describe.skipIf(missing)(`tshark decodes what the exporter sends (${missing ?? 'installed'})`, () => {
  test('an ended flow: every field, forward and reverse counters', async () => {
    const { records } = await exported([end(SNAT)], { records: 'flows' });
    expect(records.map(without)).toEqual([
      {
        timedelta: '180.876000000',
        abstimestart: utc('14:00:00.123'),
        abstimeend: utc('14:03:00.999'),
        srcaddr: '192.168.1.10',
        dstaddr: '203.0.113.10',
        srcport: '40000',
        dstport: '443',
        protocol: '6',
        octets: '5000000000,9007199254740991',
        packets: '10,20',
        post_natsource_ipv4_address: '198.51.100.1',
        post_natdestination_ipv4_address: '203.0.113.10',
        post_naptsource_transport_port: '61234',
        post_naptdestination_transport_port: '443',
        ingress_vrfid: '5',
        flow_end_reason: '3',
        flow_id: '4275878552',
        enterprise_private_entry: '80:00:00:07',
      },
    ]);
  });

  test('values that the kernel did not give are not in the record', async () => {
    const time = Date.parse('2026-11-30T14:05:00.250Z');
    const { records } = await exported([end(PLAIN6, time), end(ECHO6), end(ECHO)], { records: 'flows' });
    expect(records.map(without)).toEqual([
      {
        abstimeend: utc('14:05:00.250'),
        srcaddrv6: '2001:db8::1',
        dstaddrv6: '2001:db8:ffff::2',
        srcport: '1000',
        dstport: '53',
        protocol: '17',
      },
      {
        abstimeend: utc('14:00:31.000'),
        srcaddrv6: '2001:db8::1',
        dstaddrv6: '2001:db8::2',
        icmp_ipv6_type: '128',
        icmp_ipv6_code: '0',
        protocol: '58',
      },
      {
        timedelta: '30.000000000',
        abstimestart: utc('14:00:01.000'),
        abstimeend: utc('14:00:31.000'),
        srcaddr: '192.168.1.10',
        dstaddr: '203.0.113.10',
        icmp_type_code_ipv4: '0x0800',
        protocol: '1',
        octets: '336,336',
        packets: '4,4',
        post_natsource_ipv4_address: '198.51.100.1',
        post_natdestination_ipv4_address: '203.0.113.10',
      },
    ]);
  });

  test('NAT sessions of RFC 8158: their event, realm and translated addresses, and ICMP identifiers as ports', async () => {
    const rows: TestRow[] = [
      { kind: 'nat', flow: SNAT, time: Date.parse(SNAT.start!) },
      end(DNAT),
      end(SNAT6),
      end(ECHO),
      end({ ...PLAIN6, stop: SNAT.stop! }),
    ];
    const { records } = await exported(rows, { records: 'nat' });
    expect(records).toHaveLength(4);
    const [create, forwarded, ipv6, echo] = records;
    expect(without(create!)).toEqual({
      observation_time_milliseconds: utc('14:00:00.123'),
      abstimestart: utc('14:00:00.123'),
      srcaddr: '192.168.1.10',
      dstaddr: '203.0.113.10',
      srcport: '40000',
      dstport: '443',
      protocol: '6',
      post_natsource_ipv4_address: '198.51.100.1',
      post_natdestination_ipv4_address: '203.0.113.10',
      post_naptsource_transport_port: '61234',
      post_naptdestination_transport_port: '443',
      nat_event: '4',
      nat_originating_address_realm: '1',
      ingress_vrfid: '5',
      flow_id: '4275878552',
    });
    expect(forwarded).toMatchObject({
      observation_time_milliseconds: utc('14:02:00.500'),
      dstaddr: '198.51.100.1',
      dstport: '8080',
      post_natdestination_ipv4_address: '192.168.1.10',
      post_naptdestination_transport_port: '80',
      nat_event: '5',
      nat_originating_address_realm: '2',
    });
    expect(ipv6).toMatchObject({
      nat_event: '2',
      srcaddrv6: '2001:db8::1',
      post_nat_source_ipv6_address: '2001:db8:aaaa::9',
      post_nat_destination_ipv6_address: '2001:db8:ffff::2',
      post_naptsource_transport_port: '2000',
    });
    expect(echo).toMatchObject({
      protocol: '1',
      srcport: '99',
      post_naptsource_transport_port: '5099',
      nat_event: '5',
    });
    expect(echo).not.toHaveProperty('dstport');
  });

  test('zones of one direction are the VRFs of their direction', async () => {
    const { zone: _, ...flow } = SNAT;
    const split = { ...flow, original: { ...flow.original, zone: 3 }, reply: { ...flow.reply, zone: 4 } };
    const { records } = await exported([end(split)], { records: 'flows' });
    expect(records[0]).toMatchObject({ ingress_vrfid: '3', egress_vrfid: '4' });
  });

  test('why a flow ended: closed, deleted, expired, or not known', async () => {
    const udp = { ...SNAT6, protonum: 17, protocol: 'udp' };
    const { state: _, timeout: __, ...silent } = SNAT;
    const flows: Flow[] = [
      SNAT,
      { ...SNAT, state: 'ESTABLISHED', timeout: 431_999 },
      { ...silent, state: 'ESTABLISHED' },
      silent,
      { ...udp, timeout: 0 },
      { ...udp, timeout: 20 },
      { ...udp, portid: 4711 },
      udp,
    ];
    const { records } = await exported(
      flows.map(flow => end(flow)),
      { records: 'flows' },
    );
    expect(records.map(({ flow_end_reason }) => flow_end_reason)).toEqual([
      '3',
      '4',
      '1',
      undefined,
      '1',
      '4',
      '4',
      undefined,
    ]);
  });

  test('no message is longer than the limit, and sequence numbers count records', async () => {
    const flows = [SNAT, DNAT, PLAIN6, SNAT6, ECHO, ECHO6];
    const rows = Array.from({ length: 600 }, (_, i) =>
      end({ stop: '2026-11-30T14:00:00Z', ...flows[i % flows.length]! }),
    );
    const { messages, datagrams, records } = await exported(rows, { mtu: 512 });
    expect(Math.max(...datagrams.map(({ length }) => length))).toBeLessThanOrEqual(512);
    // Four of the six flows are translated, and have a NAT event besides.
    expect(records).toHaveLength(1000);
    let expected = 0;
    for (const message of messages.filter(({ domain }) => domain === 7)) {
      expect(message.sequence).toBe(expected);
      expected += message.records.length;
    }
  });

  test('a template comes before its first record, and all templates come again after some messages and after some time', async () => {
    const { port, datagrams } = await receiver();
    const options = { transport: 'udp', host: '127.0.0.1', port, mtu: 512, refresh: 1, refreshMessages: 10 } as const;
    await using exporter = new IpfixExporter({ ...options, records: 'flows' });
    exporter.write(batchOf(Array.from({ length: 100 }, () => end(SNAT))));
    await exporter.flush();
    exporter.write(batchOf([end(SNAT6)]));
    await exporter.flush();
    const sent = exporter.sent.messages;
    await expect.poll(() => exporter.sent.messages).toBeGreaterThan(sent);
    await exporter.close();
    await expect.poll(() => datagrams.length).toBe(exporter.sent.messages);
    const messages = await decode('udp', datagrams);
    const known = new Set<number>();
    const announced: number[][] = [];
    for (const { templates, records, domain } of messages.filter(({ domain }) => domain === 1)) {
      if (templates.length > 0) announced.push(templates);
      for (const id of templates) known.add(id);
      for (const { template } of records) expect(known).toContain(Number(template));
      expect(domain).toBe(1);
    }
    // First one template, then it again after ten messages (20 messages of five records), then both by time.
    expect(announced.slice(0, 3)).toEqual([[256], [256], [256]]);
    expect(announced).toContainEqual([257]);
    expect(announced.at(-1)).toEqual([256, 257]);
  });

  test('statistics report what was sent and lost, in a domain of their own', async () => {
    const { messages } = await exported([end(SNAT)], { records: 'flows' });
    const statistics = messages.find(({ domain }) => domain === 0)!;
    expect(statistics.records).toEqual([
      { template: '256', flow_exporter: String(process.pid), packetsexp: '2', flowsexp: '1', notsent_flows: '0' },
    ]);
  });
});
