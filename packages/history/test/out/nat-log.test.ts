import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNatLab, labAvailable } from '@conntrack/lab';
import { openTable } from '@conntrack/table';
import { describe, expect, onTestFinished, test } from 'vitest';
import { IpfixExporter } from '../../src/out/ipfix/exporter.js';
import { NdjsonFiles } from '../../src/out/ndjson/ndjson-files.js';
import { Recorder } from '../../src/recorder/recorder.js';
import { notInstalled } from './installed.js';
import { startCollector } from './nfcapd.js';

const missing = labAvailable() ?? notInstalled('nfcapd') ?? notInstalled('conntrack');

describe.skipIf(missing)(`a NAT log of a router (${missing ?? 'real'})`, () => {
  test('connections through a NAT router reach the collector and the files as sessions, with inside host and public address and port', async () => {
    await using lab = await createNatLab({ masquerade: { ipv4: true, ipv6: true } });
    const table = await openTable('kernel', { netns: lab.router.fd });
    onTestFinished(() => table.close());
    const folder = await mkdtemp(join(tmpdir(), 'nat-log-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const collector = await startCollector();
    const exporter = new IpfixExporter({ transport: 'udp', host: '127.0.0.1', port: collector.port });
    const files = await NdjsonFiles.open(folder);
    const recorder = await Recorder.start(table, { sinks: [exporter, files], nat: true });

    // A port that another host behind the router has already taken on the outside, so that the router must choose another one.
    const [first, second] = lab.addresses.clients;
    await lab.traffic.tcpEstablished({ from: first!.ipv4, sport: 45_000 });
    const shared = await lab.traffic.tcpEstablished({ from: second!.ipv4, sport: 45_000 });
    const forwarded = await lab.traffic.tcpForwarded();
    const echo = await lab.traffic.icmpEcho();
    const sixth = lab.families.includes('ipv6') ? await lab.traffic.udpExchange({ family: 'ipv6' }) : undefined;
    expect(shared.reply.dport).not.toBe(45_000);
    await lab.router.run('conntrack', ['-D']);
    await lab.router.run('conntrack', ['-D', '-f', 'ipv6']);

    // Of each connection one record of its end, and two of its NAT session.
    const connections = sixth === undefined ? 4 : 5;
    await expect
      .poll(async () => {
        await exporter.flush();
        return exporter.sent.records;
      })
      .toBe(connections * 3);
    await recorder.close();
    await exporter.close();
    await files.close();

    const { records, print, sequenceErrors } = await collector.stop();
    expect(sequenceErrors).toBe(0);
    const inside = { src4_addr: shared.original.src, src_port: 45_000 };
    const outside = { src4_xlt_ip: lab.addresses.router.outside.ipv4, src_xlt_port: String(shared.reply.dport) };
    expect(records).toContainEqual(
      expect.objectContaining({ ...inside, ...outside, nat_event: 'NAT44 session create' }),
    );
    expect(records).toContainEqual(
      expect.objectContaining({ ...inside, ...outside, nat_event: 'NAT44 session delete' }),
    );
    expect(records).toContainEqual(
      expect.objectContaining({
        src4_addr: forwarded.original.src,
        dst4_xlt_ip: lab.addresses.client.ipv4,
        dst_xlt_port: '80',
      }),
    );
    expect(records).toContainEqual(
      expect.objectContaining({ proto: 1, src4_addr: echo.original.src, src_xlt_port: String(echo.reply.id) }),
    );
    if (sixth !== undefined)
      expect(records).toContainEqual(
        expect.objectContaining({ src6_addr: sixth.original.src, nat_event: 'NAT translation delete' }),
      );
    // The question of RFC 6888: who had this public address and port?
    const filter = `src xip ${outside.src4_xlt_ip} and src xport ${outside.src_xlt_port} and proto tcp`;
    const answer = await print('-q', '-o', 'fmt:%sa %sp %nsa %nsp', filter);
    const said = answer
      .trim()
      .split('\n')
      .map(line => line.trim().replace(/ +/g, ' '));
    const mapping = `${inside.src4_addr} ${inside.src_port} ${outside.src4_xlt_ip} ${outside.src_xlt_port}`;
    expect(said).toEqual([mapping, mapping, mapping]);

    const [name] = await readdir(folder);
    const lines = (await readFile(join(folder, name!), 'utf8'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines).toHaveLength(connections * 2);
    const types = lines.filter(({ flow }) => flow.reply.dport === shared.reply.dport).map(({ type }) => type);
    expect(types).toEqual(['nat', 'end']);
  });
});
