import { readdir } from 'node:fs/promises';
import { parseQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import type { PastTable } from '../../src/query/history.js';
import { ALL_TIME, ended, MINUTE, NOON, openHistory, openStore, record, temporaryFolder } from '../support.js';

async function flowsOf(table: PastTable, query = ''): Promise<Flow[]> {
  const flows: Flow[] = [];
  for await (const flow of table.list(query === '' ? {} : { filter: parseQuery(query).filter })) flows.push(flow);
  return flows;
}

describe('a history', () => {
  it('answers with the same flows from the journal, from sealed files and from joined files', async () => {
    const folder = await temporaryFolder();
    let now = NOON;
    const store = await openStore({ folder, now: () => now, monotonic: () => now });
    const history = await openHistory(folder);
    const first = Array.from({ length: 3000 }, (_, i) => ended(i, NOON - 5000 + i, NOON + i));
    await record(store, first);
    const answer = async (): Promise<unknown> => ({
      count: await history.table(ALL_TIME).count({ filter: parseQuery('bytes.gte=10200').filter }),
      flows: await flowsOf(history.table(ALL_TIME), 'src=10.0.1.5'),
      top: (await history.table(ALL_TIME).top({ by: 'src/24', metric: 'bytes', k: 2 })).items,
    });
    const fromJournal = await answer();
    expect(fromJournal).toMatchObject({
      count: 2800,
      flows: [{ original: { src: '10.0.1.5', bytes: 1261 }, stop: '2026-11-30T12:00:00.261000Z' }],
      top: [{ group: '10.0.10.0/24', filter: 'src=10.0.10.0/24' }, { group: '10.0.9.0/24' }],
    });
    now += 60 * MINUTE;
    await store.tidy();
    await store.tidy();
    expect((await readdir(folder)).filter(name => name.endsWith('.parquet'))).toHaveLength(1);
    expect(await answer()).toEqual(fromJournal);
    await record(store, [ended(7000, now - 1000, now)]);
    now += 120 * MINUTE;
    await store.tidy();
    await store.tidy();
    expect((await readdir(folder)).filter(name => name.endsWith('.parquet'))).toHaveLength(2);
    expect(await history.table(ALL_TIME).count()).toBe(3001);
  });
});
