// Lists a big table with filters, and compares this with the kernel's own filter used by a C program and with conntrack(8), in turns within one run.
import { parseQuery } from '@conntrack/filter';
import { benchOptions, median, withBigTable } from '../../netlink/bench/big-table.js';
import { ConntrackTable, KernelSource } from '../src/index.js';

const { entries, rounds, force } = benchOptions(1_000_000);
/** One of the sources that the table is filled with; 250 entries each. */
const SOURCE = '10.0.0.17';

await withBigTable(entries, force, async big => {
  const table = new ConntrackTable(await KernelSource.open({ netns: big.namespace.fd }));
  const listed = async (query: string): Promise<number> => {
    const { filter } = parseQuery(query);
    const from = performance.now();
    let seen = 0;
    for await (const batch of table.batches({ filter })) seen += batch.length;
    if (seen === 0) throw new Error(`${query} matched nothing`);
    return (performance.now() - from) / 1000;
  };
  const times = {
    bare: [] as number[],
    ours: [] as number[],
    conntrack: [] as number[],
    bareAll: [] as number[],
    state: [] as number[],
  };
  for (let round = 0; round < rounds; round++) {
    times.bare.push(big.bare(SOURCE).seconds);
    times.ours.push(await listed(`src=${SOURCE}`));
    const wall = big.wall('conntrack', ['-L', '-s', SOURCE]);
    if (wall !== undefined) times.conntrack.push(wall);
    times.bareAll.push(big.bare().seconds);
    times.state.push(await listed('state=ESTABLISHED'));
  }
  const line = (what: string, taken: readonly number[], ...ratios: string[]): void =>
    console.log(
      `${what.padEnd(44)} ${taken.length > 0 ? `${median(taken).toFixed(3)} s` : 'not installed'}   ${ratios.join('   ')}`,
    );
  const ratio = (one: readonly number[], other: readonly number[], name: string): string =>
    other.length === 0 ? '' : `${(median(one) / median(other)).toFixed(2)} × ${name}`;
  console.log(`${entries} entries, median of ${rounds} rounds`);
  line('kernel filter by source, bare C', times.bare);
  line(
    `table, src=${SOURCE}`,
    times.ours,
    ratio(times.ours, times.bare, 'bare C'),
    ratio(times.ours, times.conntrack, 'conntrack'),
  );
  line(`conntrack -L -s ${SOURCE}`, times.conntrack);
  line('everything, bare receive loop in C', times.bareAll);
  line('table, state=ESTABLISHED (user space)', times.state, ratio(times.state, times.bareAll, 'bare loop'));
  table.close();
});
