import { parseQuery } from '@conntrack/filter';
import { Namespace } from '@conntrack/lab';
import { ConntrackTable, KernelSource } from '@conntrack/table';
import { expect, it } from 'vitest';
import { Recorder } from '../../src/recorder/recorder.js';
import { openHistory, openStore, temporaryFolder } from '../support.js';

const available = (() => {
  try {
    Namespace.create().close();
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!available)(
  'a recorder writes every end of a flush of the real kernel, and the beginnings of NAT mappings',
  async () => {
    const namespace = Namespace.create();
    await namespace.trackingOn();
    const table = new ConntrackTable(await KernelSource.open({ netns: namespace.fd }));
    const folder = await temporaryFolder();
    const store = await openStore({ folder });
    const recorder = await Recorder.start(table, { sinks: [store], nat: true });
    const base = { family: 'ipv4', protonum: 17, timeout: 600 } as const;
    for (let i = 0; i < 500; i++)
      await table.create({ ...base, original: { src: '10.0.0.1', dst: '198.51.100.7', sport: 1000 + i, dport: 53 } });
    await table.create({
      ...base,
      original: { src: '10.0.0.2', dst: '198.51.100.7', sport: 1000, dport: 53 },
      nat: { src: { address: '203.0.113.5' } },
    });
    await expect.poll(() => recorder.stats.rows).toBe(1);
    await table.flush({ all: true });
    await expect.poll(() => recorder.stats.rows).toBe(502);
    await recorder.recordRunning();
    await store.flush();
    const history = await openHistory(folder);
    const past = history.table({ from: Date.now() - 60_000, to: Date.now() });
    expect(await past.count()).toBe(501);
    expect(await past.count({ filter: parseQuery('src-nat=203.0.113.5').filter })).toBe(1);
    await recorder.close();
    table.close();
    namespace.close();
  },
);
