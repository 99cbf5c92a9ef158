import { printableJson } from '@conntrack/flow/text';
import { entryFormat } from '@conntrack/netlink/text';
import { describe, expect, it } from 'vitest';
import { ConntrackTable, MemorySource, type RowCounts } from '../../src/index.js';
import { filter, tcpFlow } from '../flows.js';
import { kernelTable, noKernel } from '../namespace.js';

const counts = (): RowCounts => ({ scanned: 0, matched: 0, limited: false });
const table = new ConntrackTable(new MemorySource(Array.from({ length: 2500 }, (_, n) => tcpFlow(n))));

async function idsOf(
  options: Parameters<ConntrackTable['rows']>[0],
  count = counts(),
): Promise<(number | undefined)[]> {
  const ids: (number | undefined)[] = [];
  for await (const rows of table.rows(options, count)) while (rows.next()) ids.push(rows.cursor.flow().id);
  return ids;
}

describe('rows where they lie', () => {
  it('rows are those of the list, and are counted', async () => {
    const count = counts();
    const listed: (number | undefined)[] = [];
    for await (const { id } of table.list({ filter: filter('mark=1') })) listed.push(id);
    expect(await idsOf({ filter: filter('mark=1') }, count)).toEqual(listed);
    expect(count).toEqual({ scanned: 2500, matched: listed.length, limited: false });
  });

  it('rows end at the limit, and report whether there were more', async () => {
    const count = counts();
    expect(await idsOf({ limit: 1200 }, count)).toHaveLength(1200);
    expect(count).toMatchObject({ matched: 1200, limited: true });
    expect(await idsOf({ limit: 2501 })).toHaveLength(2500);
  });

  it('rows come in the requested order', async () => {
    const count = counts();
    const sorted = await idsOf({ sort: [{ field: 'mark', descending: true }], limit: 3 }, count);
    expect(sorted).toEqual(
      (await table.page({ sort: [{ field: 'mark', descending: true }], limit: 3 })).items.map(({ id }) => id),
    );
    expect(count).toEqual({ scanned: 2500, matched: 3, limited: true });
  });

  it('a page may hold values made from its rows', async () => {
    const { items, next } = await table.pageOf({ limit: 10 }, row => row.id());
    expect(items).toEqual((await table.page({ limit: 10 })).items.map(({ id }) => id));
    expect((await table.pageOf({ limit: 5000, cursor: next! }, row => row.id())).items).toHaveLength(2490);
  });
});

describe.skipIf(noKernel !== undefined)(`the kernel’s rows (${noKernel ?? 'real'})`, () => {
  it('the kernel’s rows write their own JSON, and event rows are filtered too', async () => {
    const made = await kernelTable();
    try {
      const narrow = await made.table.events({ filter: filter('mark=2') });
      const view = await made.table.view({ filter: filter('mark=1') }).events();
      for (const mark of [1, 2, 3, 2, 1])
        await made.table.create({
          family: 'ipv4',
          protonum: 17,
          original: {
            src: `10.0.${mark}.1`,
            dst: '10.1.0.1',
            sport: 1000 + Math.floor(Math.random() * 60_000),
            dport: 53,
          },
          timeout: 60,
          mark,
        });
      const marks = async (events: typeof narrow): Promise<number[]> => {
        const seen: number[] = [];
        for await (const batch of events.batches()) {
          for (const cursor = batch.cursor(); cursor.next(); ) seen.push(cursor.mark());
          if (seen.length === 2) break;
        }
        return seen;
      };
      expect(await marks(narrow)).toEqual([2, 2]);
      expect(await marks(view)).toEqual([1, 1]);
      const out = Buffer.alloc(4096);
      let rows = 0;
      for await (const batch of made.table.rows())
        for (; batch.next(); rows++)
          expect(out.toString('utf8', 0, batch.cursor.write!(entryFormat('json')!, out, 0))).toBe(
            printableJson(batch.cursor.flow()),
          );
      expect(rows).toBe(5);
    } finally {
      made.close();
    }
  });
});
