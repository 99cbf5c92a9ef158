import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsHub } from '@conntrack/fleet/nats';
import { expect, onTestFinished, test } from 'vitest';
import { hasBroker, startBroker } from '../../../fleet/test/nats/broker.js';
import { ctctl } from '../ctctl.js';
import { serving } from '../serving.js';

const brokered = test.skipIf(!hasBroker);
const TOKEN = 'token-of-the-test-server';

brokered('a server with --fleet is a node of the fleet, and says so in its log', async () => {
  const broker = await startBroker();
  const argv = ['--listen', '127.0.0.1:0', '--fleet', `${broker.url}/edge`, '--node', 'gw-7', '--tag', 'gateway'];
  const code = await serving(argv, { CTCTL_TOKEN: TOKEN }, async ({ said }) => {
    await expect.poll(said).toMatch(/"event":"fleet","state":"joined","fleet":"edge","node":"gw-7"/);
    await using hub = await NatsHub.connect({ servers: broker.url, fleet: 'edge', token: () => TOKEN });
    expect(hub.nodes()).toMatchObject([
      { id: 'gw-7', state: 'up', tags: ['gateway'], capabilities: { kind: 'memory', writable: true } },
    ]);
    expect(await hub.inventory.members()[0]!.table.count()).toBeGreaterThan(0);
  });
  expect(code).toBe(0);
});

test.each([
  [['--fleet', 'http://broker:4222/edge'], /fleet\.url: 'http:\/\/broker:4222\/edge' must be the URL of a broker/],
  [['--fleet', 'nats://broker/Edge'], /fleet\.url: invalid tag "Edge"/],
  [['--fleet', 'nats://broker/edge', '--node', 'GW.7'], /node: invalid node name "GW\.7"/],
  [['--fleet', 'nats://broker/edge', '--tag', 'a b'], /node: invalid tag "a b"/],
  [['--tag', 'gateway'], /fleet: the broker is missing\. Use --fleet/],
])('%j is refused before anything is served', async (argv, message) => {
  const { code, stderr } = await ctctl([
    'serve',
    '--source',
    'memory:/dev/null',
    '--check-config',
    '--node',
    'gw-1',
    ...argv,
  ]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test('credentials of a fleet are read relative to the configuration, and their absence is reported', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctctl-fleet-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'server.yaml');
  writeFileSync(
    file,
    'source: memory:/dev/null\nnode: gw-1\nfleet: { url: nats://broker/edge, credentials: gw-1.creds }\n',
  );
  const check = () => ctctl(['serve', '--config', file, '--check-config']);
  expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining(`${folder}/gw-1.creds`) });
  writeFileSync(join(folder, 'gw-1.creds'), 'SUA');
  expect(await check()).toMatchObject({ code: 0 });
});
