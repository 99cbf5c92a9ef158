/**
 * A fleet over a real nats-server: questions to many simulated nodes in one process, a table in memory each, and recorded
 * flows into JetStream. Prints one line per figure: `tsx --conditions=@conntrack/source bench/nats.ts`.
 *
 * `NODES` (default: 1000) and `ROWS` (default: 500000) set the sizes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, hashToken, SCOPES } from '@conntrack/api';
import { parseQuery } from '@conntrack/filter';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { Fleet } from '../src/index.js';
import { type Agent, FlowPublisher, FlowSource, NatsHub, startAgent } from '../src/nats/index.js';

const NODES = Number(process.env.NODES ?? 1_000);
const ROWS = Number(process.env.ROWS ?? 500_000);
/** Flows of each node. */
const FLOWS = 50;
const PUBLISHERS = 10;
const TOKEN = 'token-of-the-benchmark';

const flowOf = (n: number) => ({
  ...{ id: n, family: 'ipv4' as const, protocol: 'tcp', protonum: 6, state: 'ESTABLISHED', timeout: 600, mark: n & 1 },
  original: {
    src: `10.0.${n >> 8}.${n & 255}`,
    dst: '198.51.100.7',
    sport: 40000,
    dport: 443,
    packets: n,
    bytes: n * 99,
  },
  reply: { src: '198.51.100.7', dst: '203.0.113.1', sport: 443, dport: 10000 + n, packets: n, bytes: n * 990 },
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT', 'SRC_NAT_DONE'] as never,
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function withBroker(use: (servers: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-bench-'));
  const port = await freePort();
  const file = join(folder, 'nats.conf');
  writeFileSync(file, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}/js" }\n`);
  const broker = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    for await (const bytes of broker.stderr) if (String(bytes).includes('Server is ready')) break;
    broker.stderr.resume();
    await use(`nats://127.0.0.1:${port}`);
  } finally {
    broker.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

const megabytes = (): string => `${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`;

async function timed(what: string, act: () => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  const before = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(before);
  const seconds = ((performance.now() - begun) / 1000).toFixed(2);
  console.log(
    `${what}: ${seconds} s (${((user + system) / 1e6).toFixed(2)} s of CPU), ${String(result)}, ${megabytes()}`,
  );
}

async function questions(servers: string): Promise<void> {
  const agents: Agent[] = [];
  for (let n = 0; n < NODES; n++) {
    const table = new ConntrackTable(new MemorySource(Array.from({ length: FLOWS }, (_, i) => flowOf(n * 64 + i))));
    const tokens = [{ name: 'bench', sha256: hashToken(TOKEN), scopes: SCOPES }];
    const app = createApp({ table, auth: { tokens }, openTelemetry: false });
    const node = `gw-${String(n).padStart(4, '0')}`;
    agents.push(startAgent({ servers, fleet: 'bench', node, version: '1', fetch: request => app.fetch(request) }));
  }
  while (agents.some(({ joined }) => !joined)) await new Promise(done => setTimeout(done, 50));
  await using hub = await NatsHub.connect({ servers, fleet: 'bench', token: () => TOKEN });
  const fleet = (): Fleet => new Fleet({ inventory: hub.inventory, deadline: 30_000 });
  const about = (asked: Fleet): string => `${asked.meta().answered} of ${asked.meta().asked} nodes`;
  for (const round of ['first', 'second']) {
    const [counting, ranking, listing, changing] = [fleet(), fleet(), fleet(), fleet()];
    await timed(`count, ${round}`, async () => `${await counting.count()} flows, ${about(counting)}`);
    await timed(`top 20 sources, ${round}`, async () => {
      await ranking.top({ by: 'src', limit: 20 } as never);
      return about(ranking);
    });
    await timed(`20 flows of each, merged, ${round}`, async () => {
      let count = 0;
      for await (const _ of listing.list({ sort: [{ field: 'bytes', descending: true }], limit: 20 })) count++;
      return `${count} flows, ${about(listing)}`;
    });
    await timed(`plan and execute, ${round}`, async () => {
      const { filter } = parseQuery(`mark=${round === 'first' ? 0 : 1}`);
      const plan = await changing.plan(filter, 'delete', { maxAffected: 1e6 });
      return `${(await plan.execute()).changed} flows, ${about(changing)}`;
    });
  }
  await Promise.all(agents.map(agent => agent.close()));
}

async function recorded(servers: string): Promise<void> {
  await using source = await FlowSource.open({ servers, fleet: 'bench', reader: 'bench' });
  const lines = Buffer.from(
    Array.from(
      { length: 1_000 },
      (_, n) => `${JSON.stringify({ type: 'end', time: '2026-11-30T14:03:00Z', flow: flowOf(n) })}\n`,
    ).join(''),
  );
  const publishers = Array.from({ length: PUBLISHERS }, (_, n) =>
    FlowPublisher.start({ servers, fleet: 'bench', node: `gw-${n}`, backlog: 2 ** 30 }),
  );
  const begun = performance.now();
  for (let row = 0; row < ROWS; row += 1_000) {
    publishers[(row / 1_000) % PUBLISHERS]!.write(lines, 1_000);
    if (row % 20_000 === 0) await new Promise(setImmediate);
  }
  await Promise.all(publishers.map(each => each.flush(120_000)));
  const seconds = (performance.now() - begun) / 1_000;
  const stored = publishers.reduce((sum, each) => sum + each.stored, 0);
  console.log(
    `flow ends into JetStream: ${Math.round(stored / seconds)} rows/s (${stored} in ${seconds.toFixed(2)} s), ${megabytes()}`,
  );
  const reading = performance.now();
  let read = 0;
  for await (const { rows, ack } of source) {
    ack();
    read += rows.length;
    if (read >= stored) break;
  }
  console.log(
    `flow ends out of JetStream: ${Math.round(read / ((performance.now() - reading) / 1_000))} rows/s, ${megabytes()}`,
  );
  await Promise.all(publishers.map(each => each.close()));
}

await withBroker(recorded);
await withBroker(questions);
process.exit(0);
