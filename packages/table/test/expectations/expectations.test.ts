import type { Expectation } from '@conntrack/flow';
import { Conntrack } from '@conntrack/netlink';
import { expect, it, test } from 'vitest';
import { CaptureSource, ConntrackTable, MemorySource } from '../../src/index.js';
import { all, failing, filter } from '../flows.js';
import { kernelTable, noKernel } from '../namespace.js';

const expected = (dport: number, helper = 'ftp'): Expectation => ({
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  tuple: { src: '10.0.0.1', dst: '10.0.0.2', sport: 0, dport },
  timeout: 100,
  helper,
});
const memory = (): ConntrackTable =>
  new ConntrackTable(new MemorySource([], { expectations: [expected(4000), expected(4001), expected(5060, 'sip')] }));

it('expectations are listed, deleted by key, and flushed by helper', async () => {
  const { expectations } = memory();
  const [first, second] = await all(expectations.list());
  expect(first).toMatchObject(expected(4000));
  await expectations.delete(first!.key!);
  expect((await failing(expectations.delete(first!.key!))).code).toBe('FLOW_NOT_FOUND');
  expect(await all(expectations.list())).toHaveLength(2);
  await expectations.flush({ helper: 'sip' });
  expect(await all(expectations.list())).toEqual([second]);
  await expectations.flush({ all: true });
  expect(await all(expectations.list())).toEqual([]);
});

it('a table without expectations says so', async () => {
  const capture = new ConntrackTable(new CaptureSource('/dev/null'));
  const view = memory().view({ filter: filter('proto=tcp') });
  for (const { expectations } of [capture, view])
    expect((await failing(all(expectations.list()))).code).toBe('UNSUPPORTED');
});

test('the kernel’s expectations are listed, with their events', async context => {
  context.skip(noKernel !== undefined, noKernel);
  const made = await kernelTable();
  const conntrack = Conntrack.open({ netns: made.namespace.fd });
  try {
    const { expectations } = made.table;
    await using events = expectations.events();
    const master = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1000, dport: 21 };
    try {
      await conntrack.create({ family: 'ipv4', protonum: 6, original: master, helper: 'ftp', timeout: 60 });
    } catch (error) {
      context.skip(`this kernel has no FTP helper: ${(error as Error).message}`);
    }
    const mask = { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 };
    await conntrack.expectations.create({ ...expected(4000), mask, master, class: 0, timeout: 100 });
    const [one] = await all(expectations.list());
    expect(one).toMatchObject({ helper: 'ftp', tuple: { dport: 4000 } });
    await expectations.delete(one!.key!);
    expect((await failing(expectations.delete(one!.key!))).code).toBe('FLOW_NOT_FOUND');
    const seen: string[] = [];
    for await (const event of events) if (seen.push(event.type) === 2) break;
    expect(seen).toEqual(['new', 'destroy']);
  } finally {
    conntrack.close();
    made.close();
  }
});
