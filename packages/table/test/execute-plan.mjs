// Run as a process of its own by the fault tests: deletes what a filter matches, and can be killed at any moment.
import { parseQuery } from '@conntrack/filter';
import { ConntrackTable, KernelSource } from '../src/index.ts';

const [netns, query] = process.argv.slice(2);
const table = new ConntrackTable(await KernelSource.open({ netns }));
const plan = await table.plan(parseQuery(query).filter, 'delete', { maxAffected: 1_000_000 });
process.stdout.write(`planned ${plan.count}\n`);
const { changed } = await plan.execute();
process.stdout.write(`changed ${changed}\n`);
table.close();
