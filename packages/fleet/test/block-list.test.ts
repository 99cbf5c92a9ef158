import { expect, test } from 'vitest';
import { enforce, type Report } from '../examples/block-list.js';
import { filter, fleetOf, flowOf, flows, localMember, tableOf } from './support.js';

test('the example deletes old and new connections of blocked addresses on all hosts, and no others', async () => {
  const tables = [tableOf(flows(10)), tableOf(flows(20))];
  const fleet = fleetOf(
    tables.map((table, i) => localMember(`gw-${i}`, table)),
    { allowMissing: 1 },
  );
  const blocked = filter('addr=10.0.0.1');
  const others = await fleet.count({ filter: filter('addr.not=10.0.0.1') });
  const ending = new AbortController();
  const reports: Report[] = [];
  const running = enforce(fleet, ['10.0.0.1'], { signal: ending.signal, report: report => reports.push(report) });
  await expect.poll(() => reports.length).toBeGreaterThan(0);
  expect(await fleet.count({ filter: blocked })).toBe(0);
  const { src, dst, sport, dport } = flowOf(401).original;
  const original = { src, dst, sport: sport!, dport: dport! };
  await tables[1]!.create({ family: 'ipv4', protonum: 6, original, timeout: 60, state: 'ESTABLISHED' });
  await expect.poll(() => fleet.count({ filter: blocked })).toBe(0);
  expect(await fleet.count()).toBe(others);
  await expect.poll(() => reports.reduce((sum, { deleted }) => sum + deleted, 0)).toBe(30 - others + 1);
  ending.abort();
  await running;
});
