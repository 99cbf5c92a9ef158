import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { IpfixExporter } from '../../src/out/ipfix/exporter.js';
import { batchOf } from '../records.js';
import { decode } from './capture.js';
import { PLAIN6, SNAT } from './flows.js';
import { notInstalled } from './installed.js';

const missing = notInstalled('tshark');

/** The headers of the messages in a stream, and the numbers of their sets. */
function messagesOf(stream: Buffer) {
  const messages = [];
  for (let at = 0; at + 16 <= stream.length; at += stream.readUInt16BE(at + 2)) {
    const sets: number[] = [];
    const end = at + stream.readUInt16BE(at + 2);
    for (let set = at + 16; set < end; set += stream.readUInt16BE(set + 2)) sets.push(stream.readUInt16BE(set));
    messages.push({ sequence: stream.readUInt32BE(at + 8), domain: stream.readUInt32BE(at + 12), sets });
  }
  return messages;
}

/** A collector over TCP that keeps what each connection sent. */
async function collector(port = 0) {
  const connections: { socket: Socket; bytes: () => Buffer }[] = [];
  const server = createServer(socket => {
    const chunks: Buffer[] = [];
    socket.on('data', chunk => chunks.push(chunk)).on('error', () => {});
    connections.push({ socket, bytes: () => Buffer.concat(chunks) });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const { socket } of connections) socket.destroy();
  };
  onTestFinished(close);
  return { port: (server.address() as { port: number }).port, connections, close };
}

const ends = (count: number, flow = SNAT) =>
  batchOf(Array.from({ length: count }, () => ({ kind: 'end' as const, flow })));
const to = (port: number) => ({ transport: 'tcp', host: '127.0.0.1', port, records: 'flows' }) as const;

describe('IPFIX over TCP', () => {
  test('one connection carries every record, and each template once', async ({ skip }) => {
    skip(missing !== undefined, missing);
    const { port, connections } = await collector();
    const exporter = new IpfixExporter(to(port));
    exporter.write(ends(1000));
    exporter.write(ends(1, { ...PLAIN6, stop: SNAT.stop! }));
    await exporter.close();
    expect(connections).toHaveLength(1);
    await expect.poll(() => messagesOf(connections[0]!.bytes()).length).toBe(exporter.sent.messages);
    // In segments that do not end where messages do.
    const stream = connections[0]!.bytes();
    const segments = Array.from({ length: Math.ceil(stream.length / 1460) }, (_, i) =>
      stream.subarray(i * 1460, (i + 1) * 1460),
    );
    const messages = (await decode('tcp', segments)).filter(({ domain }) => domain === 1);
    expect(messages.flatMap(({ records }) => records)).toHaveLength(1001);
    expect(messages.flatMap(({ templates }) => templates)).toEqual([256, 257]);
  });

  test('after a lost connection, a new session begins with templates and sequence number 0, and sends what waited', async () => {
    const first = await collector();
    const sentences: string[] = [];
    const exporter = new IpfixExporter(to(first.port), sentence => sentences.push(sentence));
    onTestFinished(() => exporter.close());
    exporter.write(ends(10));
    await exporter.flush();
    await expect.poll(() => messagesOf(first.connections[0]!.bytes()).length).toBe(2);
    first.close();
    await expect.poll(() => sentences.length).toBeGreaterThan(0);
    exporter.write(ends(20));
    const second = await collector(first.port);
    await exporter.flush();
    await expect.poll(() => messagesOf(second.connections[0]?.bytes() ?? Buffer.alloc(0)).length).toBe(2);
    expect(messagesOf(second.connections[0]!.bytes())).toEqual([
      { sequence: 0, domain: 1, sets: [2] },
      { sequence: 0, domain: 1, sets: [256] },
    ]);
    expect(sentences[0]).toBe(`tcp://127.0.0.1:${first.port}: the collector closed the connection. Connecting again`);
    expect(exporter.dropped).toBe(0);
    expect(exporter.sent).toMatchObject({ records: 30, connections: 2 });
  });

  test('a collector that accepts and closes at once is asked again after a pause, and no record is counted twice', async () => {
    const server = createServer(socket => socket.destroy()).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    let connections = 0;
    server.on('connection', () => connections++);
    const exporter = new IpfixExporter(to((server.address() as { port: number }).port));
    const from = performance.now();
    exporter.write(ends(10));
    await expect.poll(() => connections).toBe(2);
    expect(performance.now() - from).toBeGreaterThan(900);
    await exporter.close();
    expect(exporter.sent.records + exporter.dropped).toBe(10);
  });

  test('records that do not fit into the backlog are dropped, counted and reported', async () => {
    const away = await collector();
    away.close();
    const sentences: string[] = [];
    const exporter = new IpfixExporter({ ...to(away.port), backlog: 65_536 }, sentence => sentences.push(sentence));
    exporter.write(ends(10_000));
    await expect.poll(() => sentences.length).toBe(2);
    // Three messages of 16 KiB wait.
    const dropped = exporter.dropped;
    expect(dropped).toBeGreaterThan(9000);
    await exporter.close();
    expect(exporter.dropped).toBe(10_000);
    expect(sentences.join('\n')).toMatch(/cannot connect: connect ECONNREFUSED/);
    expect(sentences.join('\n')).toMatch(/records were lost: the collector cannot be reached/);
    expect(sentences.at(-1)).toMatch(/records were lost: the exporter was closed before the collector took them/);
  });

  test('a collector that does not read holds the exporter to its backlog, and slows nothing', async () => {
    const { port, connections } = await collector();
    const exporter = new IpfixExporter({ ...to(port), backlog: 1024 * 1024 });
    onTestFinished(() => exporter.close());
    await expect.poll(() => connections.length).toBe(1);
    connections[0]!.socket.pause();
    let written = 0;
    // Until the kernel's buffers of the socket are full as well.
    await expect
      .poll(() => {
        exporter.write(ends(20_000));
        written += 20_000;
        return exporter.dropped;
      })
      .toBeGreaterThan(0);
    connections[0]!.socket.resume();
    await exporter.flush();
    expect(exporter.dropped + exporter.sent.records).toBe(written);
  });
});

describe('IPFIX over UDP', () => {
  test('datagrams that nobody receives are reported as lost', async () => {
    const away = await collector();
    away.close();
    const sentences: string[] = [];
    const exporter = new IpfixExporter({ ...to(away.port), transport: 'udp' }, sentence => sentences.push(sentence));
    await expect
      .poll(async () => {
        exporter.write(ends(100));
        await exporter.flush();
        return sentences.length;
      })
      .toBe(1);
    await exporter.close();
    expect(sentences[0]).toMatch(/^udp:\/\/127\.0\.0\.1:\d+: \d+ records were lost: .*ECONNREFUSED/);
    expect(exporter.dropped).toBeGreaterThan(0);
  });
});
