// A zone means the same everywhere: `list zone=7` shows what `count`, `delete` and `flush --zone 7` affect, including
// entries with the zone in one direction only.
import type { NewFlow } from '@conntrack/flow';
import { labAvailable, Namespace } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { beforeEach, expect, it } from 'vitest';
import { ctctl } from './ctctl.js';

const unavailable = labAvailable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

const ends = (sport: number) => ({ src: '192.0.2.1', dst: '192.0.2.2', sport, dport: 53 });
const turned = (sport: number) => ({ src: '192.0.2.2', dst: '192.0.2.1', sport: 53, dport: sport });
const udp = (sport: number, more: object): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  original: ends(sport),
  timeout: 600,
  ...more,
});

/** The port identifies each entry. */
const TABLE: readonly NewFlow[] = [
  udp(1, {}),
  udp(2, { zone: 7 }),
  udp(3, { original: { ...ends(3), zone: 7 } }),
  udp(4, { reply: { ...turned(4), zone: 7 } }),
  udp(5, { zone: 8 }),
];

it.each([
  [7, [2, 3, 4]],
  [8, [5]],
  [0, [1]],
  [9, []],
])('zone %i means the same for list, count, delete and flush', async (zone, ports) => {
  using namespace = Namespace.create();
  const netns = ['--netns', `/proc/${process.pid}/fd/${namespace.fd}`];
  const conntrack = Conntrack.open({ netns: namespace.fd });
  const fill = async (): Promise<void> => {
    for (const flow of TABLE) await conntrack.create(flow);
  };
  const listed = async (...filter: string[]): Promise<number[]> => {
    const { stdout } = await ctctl(['list', ...filter, '-o', 'ndjson', ...netns]);
    return stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line).original.sport as number)
      .sort();
  };
  const rest = TABLE.map(({ original }) => original.sport!).filter(port => !ports.includes(port));
  await fill();
  expect(await listed(`zone=${zone}`)).toEqual(ports);
  expect((await ctctl(['count', `zone=${zone}`, ...netns])).stdout).toBe(`${ports.length}\n`);
  const { stdout } = await ctctl(['delete', `zone=${zone}`, '--dry-run', '-o', 'json', ...netns]);
  expect(JSON.parse(stdout)).toMatchObject({ matched: ports.length });
  expect(await listed()).toHaveLength(TABLE.length);
  await ctctl(['delete', `zone=${zone}`, ...netns]);
  expect(await listed()).toEqual(rest);
  await conntrack.flush({ all: true });
  await fill();
  expect((await ctctl(['flush', '--yes', '--zone', String(zone), ...netns])).code).toBe(0);
  expect(await listed()).toEqual(rest);
  conntrack.close();
});
