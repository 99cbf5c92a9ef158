// Compares the rows of an index with those of a dump.
import type { Flow } from '@conntrack/flow';
import { expect } from 'vitest';
import type { IndexedSource } from '../../../src/source/indexed/indexed-source.js';

const byKey = (one: Flow, two: Flow): number => (one.key! < two.key! ? -1 : 1);
/** What events report of a flow. A dump also shows SYNPROXY's state of entries that do not use it. */
const told = ({ timeout: _, use: __, synproxy, ...flow }: Flow): Flow => ({
  ...flow,
  ...(synproxy !== undefined && synproxy.isn !== 0 && { synproxy }),
});

/** The rows of a scan, sorted: of the index if it may answer with its copy, else of a dump. */
export async function rowsOf(source: IndexedSource, copy: boolean): Promise<Flow[]> {
  const flows: Flow[] = [];
  for await (const rows of source.scan({ copy }))
    for (const cursor = rows.cursor(); cursor.next(); ) flows.push(cursor.flow());
  return flows.sort(byKey).map(told);
}

/** Waits until the index is live and has the rows of a dump. */
export async function becomesEqual(source: IndexedSource): Promise<void> {
  await expect
    .poll(async () => {
      const expected = await rowsOf(source, false);
      const found = await rowsOf(source, true);
      if (source.indexState().state !== 'live') return source.indexState();
      return JSON.stringify(found) === JSON.stringify(expected) ? 'equal' : { found, expected };
    })
    .toBe('equal');
}
