// What the outputs cost: rows a second of one core, into IPFIX over UDP and TCP (a socket that is open and not read), and into NDJSON files.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { MAPPED_WORD } from '@conntrack/flow/codec';
import { IpfixExporter, NdjsonFiles, type RecordBatch, type RecordCursor, type Sink } from '../src/index.js';

const BATCH = 5000;
const ROWS = 1_000_000;

/** One flow as an object, which NDJSON needs, and its numbers without the cost of text: the kernel's bytes have numbers too. */
const FLOW: Flow = {
  id: 0xfedcba98,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  state: 'TIME_WAIT',
  timeout: 119,
  start: '2026-11-30T14:00:00.123456789Z',
  stop: '2026-11-30T14:03:00.999999999Z',
  original: { src: '192.168.1.10', dst: '203.0.113.10', sport: 40_000, dport: 443, packets: 10, bytes: 5000 },
  reply: { src: '203.0.113.10', dst: '198.51.100.1', sport: 443, dport: 61_234, packets: 20, bytes: 70_000 },
};
const START = Date.parse(FLOW.start!);
const STOP = Date.parse(FLOW.stop!);
const WORDS = Uint32Array.of(0xc0a8010a, 0xcb00710a, 0xcb00710a, 0xc6336401);
const PORTS = Uint16Array.of(40_000, 443, 443, 61_234);

class NumbersCursor extends FlowObjectCursor implements RecordCursor {
  #row = -1;
  readonly #translated: boolean;
  constructor(translated: boolean) {
    super(FLOW);
    this.#translated = translated;
  }
  #end(end: number): number {
    return this.#translated || end !== 3 ? end : 0;
  }
  next(): boolean {
    return ++this.#row < BATCH;
  }
  kind(): number {
    return 0;
  }
  time(): number {
    return STOP + this.#row;
  }
  override word(end: number, index: number): number {
    return index === 3 ? WORDS[this.#end(end)]! : index === 2 ? MAPPED_WORD : 0;
  }
  override port(end: number): number {
    return PORTS[this.#end(end)]!;
  }
  override family(): number {
    return 2;
  }
  override state(): number {
    return 7;
  }
  override start(): number {
    return START;
  }
}

const batchOf = (translated: boolean): RecordBatch => ({
  rows: BATCH,
  cursor: () => new NumbersCursor(translated),
  gaps: [],
});

/** Writes all rows, and returns rows for each second of processor time, which includes the kernel's part of the writes. */
async function measure(sink: Sink, batch: RecordBatch): Promise<string> {
  const run = async (rows: number) => {
    for (let i = 0; i < rows; i += BATCH) {
      sink.write(batch);
      await sink.flush();
    }
  };
  await run(ROWS / 10);
  const before = process.cpuUsage();
  await run(ROWS);
  const { user, system } = process.cpuUsage(before);
  await sink.close();
  return `${Math.round(ROWS / ((user + system) / 1e6)).toLocaleString('en')} rows a second of processor time, ${sink.dropped} dropped`;
}

/** Prints the figures of the outputs. */
export async function benchOut(): Promise<void> {
  const child = fork(new URL('./out-receiver.mjs', import.meta.url));
  const [{ udp, tcp }] = (await once(child, 'message')) as [{ udp: number; tcp: number }];
  const to = { host: '127.0.0.1', backlog: 2 ** 26 } as const;
  try {
    for (const [name, transport, port] of [
      ['UDP', 'udp', udp],
      ['TCP', 'tcp', tcp],
    ] as const) {
      const exporter = () => new IpfixExporter({ ...to, transport, port });
      console.log(`IPFIX over ${name}: ${await measure(exporter(), batchOf(false))}`);
      console.log(`IPFIX over ${name}, with a NAT event: ${await measure(exporter(), batchOf(true))}`);
    }
    const folder = await mkdtemp(join(tmpdir(), 'bench-'));
    const files = await NdjsonFiles.open(folder);
    console.log(`NDJSON files: ${await measure(files, batchOf(true))}`);
    await rm(folder, { recursive: true });
  } finally {
    child.kill();
  }
}
