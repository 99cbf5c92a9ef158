// Run as a process of its own by the fault tests: deletes what a filter matches, and can be killed at any moment. With `pause` it stands still in the
// middle, after the first entries that it has deleted.
import { parseQuery } from '@conntrack/filter';
import { ConntrackTable, KernelSource } from '../../src/index.ts';

const [netns, query, pause] = process.argv.slice(2);
const table = new ConntrackTable(await KernelSource.open({ netns }));
const plan = await table.plan(parseQuery(query).filter, 'delete', { maxAffected: 1_000_000 });
process.stdout.write(`planned ${plan.count}\n`);

/** Looks at the counts in each turn of the event loop, and blocks the process when the first entries are gone. */
const standStill = result => {
  if (result.changed === 0) setImmediate(standStill, result);
  else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
const { changed } = await plan.execute(pause ? { live: standStill } : {});
process.stdout.write(`changed ${changed}\n`);
table.close();
