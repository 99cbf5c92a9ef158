import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ConntrackTable, MemorySource, type OverviewOptions } from '../../src/index.js';
import { all, failing, filter, tcpFlow, variedFlows } from '../flows.js';

async function varied() {
  const source = new MemorySource();
  const table = new ConntrackTable(source);
  for (const flow of variedFlows(300)) await table.create(flow);
  return { source, table };
}

const QUERIES = ['', 'proto=tcp', 'src=10.0.0.0/9', 'unreplied', 'dport=53,443', 'mark.gte=8', 'nat=any'];
const find = (query: string) => (query === '' ? {} : { filter: filter(query) });

describe('overview', () => {
  it('an overview has the rows of `page`, the groups of `top` and the counts of `count`', async () => {
    const { table } = await varied();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...QUERIES),
        fc.constantFrom([], [{ field: 'src' }], [{ field: 'timeout', descending: true }, { field: 'dport' }]),
        fc.nat(400),
        fc.subarray([{ by: 'src/24,proto', k: 3 }, { by: 'state' }, { by: 'dst', distinct: 'dport', k: 5 }]),
        fc.subarray(QUERIES.slice(1)),
        async (query, sort, limit, groups, names) => {
          const counts = Object.fromEntries(names.map(name => [name, filter(name)]));
          const found = await table.overview({ ...find(query), sort, limit, groups, counts });
          const { items, more, matched, scanned } = await table.page({ ...find(query), sort, limit });
          expect(found).toMatchObject({ items, more, matched, scanned });
          expect(found.matched).toBe(await table.count(find(query)));
          for (const [i, group] of groups.entries()) {
            const { matched: _, scanned: __, ...ranking } = await table.top({ ...find(query), ...group });
            expect(found.groups[i]).toEqual(ranking);
          }
          const flows = await all(table.list(find(query)));
          for (const name of names) {
            const keys = new Set((await all(table.list({ filter: filter(name) }))).map(({ key }) => key));
            expect(found.counts[name]).toBe(flows.filter(({ key }) => keys.has(key)).length);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('an overview reads the table once', async () => {
    const { source, table } = await varied();
    const scan = vi.spyOn(source, 'scan');
    await table.overview({ limit: 10, groups: [{ by: 'src' }, { by: 'dst' }], counts: { tcp: filter('proto=tcp') } });
    expect(scan).toHaveBeenCalledTimes(1);
  });

  it('an overview with the limit 0 has no rows, and all counts', async () => {
    const { table } = await varied();
    expect(await table.overview({ limit: 0 })).toEqual({
      items: [],
      more: 300,
      groups: [],
      counts: {},
      matched: 300,
      scanned: 300,
    });
  });

  it('an overview refuses fields that the source does not record, in filters, order, groups and counts', async () => {
    const original = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 };
    const reply = { src: '10.0.0.2', dst: '10.0.0.1', sport: 2, dport: 1 };
    const table = new ConntrackTable(new MemorySource([tcpFlow(1, { original, reply })]));
    const asked: Partial<OverviewOptions>[] = [
      { filter: filter('bytes.gt=1') },
      { sort: [{ field: 'bytes' }] },
      { groups: [{ by: 'src', metric: 'bytes' }] },
      { counts: { large: filter('bytes.gt=1') } },
    ];
    for (const options of asked)
      expect((await failing(table.overview({ limit: 1, ...options }))).code).toBe('FIELD_UNAVAILABLE');
  });

  it('an overview refuses unknown options, fields and metrics', async () => {
    const { table } = await varied();
    expect((await failing(table.overview({ limit: 1, groups: [{ by: 'colour' }] }))).code).toBe('SORT_INVALID');
    expect((await failing(table.overview({ limit: 1, groups: [{ by: 'src', metric: 'x' as never }] }))).code).toBe(
      'SORT_INVALID',
    );
    await expect(table.overview({ limit: 1, counts: { tcp: 'proto=tcp' as never } })).rejects.toThrow(
      /counts.*tcp.*must be a filter/,
    );
    await expect(table.overview({ limit: 1, cursor: 'x' } as never)).rejects.toThrow(/unknown key 'cursor'/);
  });
});
