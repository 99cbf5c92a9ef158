import { connect, headers } from '@nats-io/transport-node';
import { expect, onTestFinished, test } from 'vitest';
import { type FleetGap, type FleetRow, FlowPublisher, FlowSource } from '../../src/nats/index.js';
import { Subjects } from '../../src/nats/wire/subjects.js';
import { hasBroker, startBroker, type TestBroker } from './broker.js';
import { tcpFlow } from './data.js';

const brokered = test.skipIf(!hasBroker);
const JETSTREAM = 'jetstream { store_dir: "$DIR/js" }';

/** A row as the history of a node writes it. */
const rowOf = (n: number, time: string): string => `${JSON.stringify({ type: 'end', time, flow: tcpFlow(n) })}\n`;

function publisher(broker: TestBroker, node: string, more: object = {}): FlowPublisher {
  const made = FlowPublisher.start({ servers: broker.url, fleet: 'edge', node, delay: 10, ...more });
  onTestFinished(() => made.close());
  return made;
}

async function openSource(broker: TestBroker): Promise<FlowSource> {
  const source = await FlowSource.open({ servers: broker.url, fleet: 'edge', reader: 'history' });
  onTestFinished(() => source.close());
  return source;
}

/** Reads a number of rows and gaps. */
async function read(source: FlowSource, count: number): Promise<(FleetRow | FleetGap)[]> {
  const rows: (FleetRow | FleetGap)[] = [];
  for await (const row of source.rows()) if (rows.push(row) === count) break;
  return rows;
}

brokered('who had a public port at a time is one question over the rows of all nodes', async () => {
  const broker = await startBroker(JETSTREAM);
  const source = await openSource(broker);
  const [one, two] = [publisher(broker, 'gw-1'), publisher(broker, 'gw-2')];
  one.write(rowOf(1, '2026-11-30T14:02:59Z') + rowOf(2, '2026-11-30T14:03:00Z'), 2);
  two.write(rowOf(3, '2026-11-30T14:03:00Z'), 1);
  const rows = (await read(source, 3)).filter((row): row is FleetRow => row.type === 'end');
  const holders = rows.filter(
    ({ time, flow }) => time.startsWith('2026-11-30T14:03') && (flow.reply as { dst: string }).dst === '10.0.0.3',
  );
  expect(holders.map(({ node }) => node)).toEqual(['gw-2']);
});

brokered('rows survive a crash of the broker, each once and in order', async () => {
  const broker = await startBroker(JETSTREAM);
  const source = await openSource(broker);
  const flows = publisher(broker, 'gw-1');
  const write = (from: number, to: number): void => {
    for (let n = from; n < to; n++) flows.write(rowOf(n, '2026-11-30T14:03:00Z'), 1);
  };
  write(0, 100);
  expect(await flows.flush()).toBe(true);
  await broker.kill();
  write(100, 200);
  await broker.start();
  await expect.poll(() => flows.stored).toBe(200);
  await source.close();
  const again = await openSource(broker);
  const ids = (await read(again, 200)).map(row => (row.type === 'gap' ? row.reason : row.flow.id));
  expect(ids).toEqual(Array.from({ length: 200 }, (_, n) => 1000 + n));
});

brokered('without a stream rows wait up to a limit, and what was dropped is a gap with its count', async () => {
  const broker = await startBroker(JETSTREAM);
  const reports: string[] = [];
  const flows = publisher(broker, 'gw-1', { backlog: 1_000_000, report: (reason: string) => reports.push(reason) });
  const line = rowOf(1, '2026-11-30T14:03:00Z');
  const many = line.repeat(1_000);
  for (let i = 0; i < 20; i++) flows.write(many, 1_000);
  await expect.poll(() => reports.length).toBe(1);
  expect(reports[0]).toMatch(/^flows of 'gw-1' wait for the broker: /);
  const { dropped } = flows;
  expect(dropped).toBeGreaterThan(10_000);
  expect(flows.waiting).toBeLessThan(2_000_000);
  const source = await openSource(broker);
  const rows = await read(source, 20_000 - dropped + 1);
  const gaps = rows.filter(row => row.type === 'gap');
  expect(gaps).toMatchObject([
    {
      node: 'gw-1',
      cause: 'overload',
      rows: dropped,
      reason: `${dropped} rows of 'gw-1' were dropped, because the broker did not take them in time`,
    },
  ]);
});

brokered('a batch that is sent twice is stored once, and one that is missing is a gap', async () => {
  const broker = await startBroker(JETSTREAM);
  const source = await openSource(broker);
  const connection = await connect({ servers: broker.url.slice('nats://'.length) });
  onTestFinished(() => connection.close());
  const send = async (batch: number, n: number): Promise<void> => {
    const about = headers();
    about.set('Nats-Msg-Id', `gw-1.start.${batch}`);
    await connection.request(new Subjects('edge').flows('gw-1'), rowOf(n, '2026-11-30T14:03:00Z'), {
      headers: about,
      timeout: 5_000,
    });
  };
  await send(0, 0);
  await send(0, 0);
  await send(1, 1);
  await send(4, 4);
  const rows = await read(source, 4);
  expect(rows.map(row => (row.type === 'gap' ? row.reason : row.flow.id))).toEqual([
    1000,
    1001,
    "2 batches of 'gw-1' are missing in the stream",
    1004,
  ]);
});

brokered('rows that were read but not acknowledged are read again by the next program', async () => {
  const broker = await startBroker(JETSTREAM);
  const source = await openSource(broker);
  const flows = publisher(broker, 'gw-1');
  flows.write(rowOf(1, '2026-11-30T14:03:00Z'), 1);
  await flows.flush();
  flows.write(rowOf(2, '2026-11-30T14:03:01Z'), 1);
  await flows.flush();
  for await (const { rows, ack } of source) {
    expect(rows[0]!.flow.id).toBe(1001);
    ack();
    break;
  }
  await source.close();
  const again = await openSource(broker);
  expect((await read(again, 1)).map(row => row.type === 'end' && row.flow.id)).toEqual([1002]);
});

brokered('a broker without JetStream is refused with the remedy', async () => {
  const broker = await startBroker();
  await expect(openSource(broker)).rejects.toMatchObject({
    code: 'BROKER_UNUSABLE',
    message: expect.stringMatching(/cannot open the stream CT_EDGE_FLOWS: .*Is JetStream enabled/),
  });
});
