// `ctctl list` beside our `conntrack -L` on one table, turn by turn; a refresh of `ctctl top` beside a dump; then how much longer each verb takes to start than Node itself.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ALL } from '@conntrack/filter';
import { openTable } from '@conntrack/table';
import { started, timed } from '../../conntrack8/bench/measure.js';
import { benchOptions, median, withBigTable } from '../../netlink/bench/big-table.js';
import { LocalTopSource } from '../src/top/data/local-source.js';
import type { Question } from '../src/top/data/snapshot.js';

const CTCTL = fileURLToPath(new URL('../dist/ctctl.cjs', import.meta.url));
const CONNTRACK = fileURLToPath(new URL('../../conntrack8/dist/conntrack.cjs', import.meta.url));
const { entries, rounds, force } = benchOptions(200_000);
/** Starts of each verb. */
const STARTS = 40;
/** Debian's conntrack(8), which shows how long the kernel walks its hash table for a list, and for a count does not. */
const DEBIANS = '/usr/sbin/conntrack';

for (const file of [CTCTL, CONNTRACK])
  if (!existsSync(file))
    throw new Error('the built programs are measured: build them first (npx -y pnpm@12.21.0 run build)');

const row = (name: string, value: string, wanted: string): void =>
  console.log(`${name.padEnd(36)} ${value.padEnd(40)} wanted: ${wanted}`);

/** `ctctl` with these arguments, and `conntrack` with those. */
const LISTS: readonly (readonly [ours: readonly string[], beside: readonly string[]])[] = [
  [['list'], ['-L']],
  [
    ['list', '-o', 'xml'],
    ['-L', '-o', 'xml'],
  ],
  [['list', '-o', 'json'], ['-L']],
  [['list', '-o', 'csv'], ['-L']],
];
/** Verbs, and by how many milliseconds they may start later than Node. */
const VERBS: readonly (readonly [argv: readonly string[], limit: number])[] = [
  [['--version'], 15],
  [['--help'], 20],
  [['count'], 15],
  [['list'], 15],
  [['token', 'name'], 40],
];

await withBigTable(entries, force, async ({ namespace, bare }) => {
  console.log(`${entries} entries, median of ${rounds} rounds`);
  const table: [ours: number[], loop: number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const argv = [`--net=${namespace.path}`, process.execPath, CTCTL, 'list', '-o', 'table'];
    table[0].push((await timed('nsenter', argv)).wall);
    table[1].push(bare().seconds);
  }
  const [shown, received] = table.map(median) as [number, number];
  row('ctctl list -o table', `${(shown / received).toFixed(2)} × of the receive loop, ${shown.toFixed(2)} s`, '1.1 ×');
  for (const [ours, beside] of LISTS) {
    const taken: [ours: number[], beside: number[]] = [[], []];
    for (let round = 0; round < rounds; round++)
      for (const [i, argv] of [
        [CTCTL, ...ours],
        [CONNTRACK, ...beside],
      ].entries())
        taken[i]!.push((await timed('nsenter', [`--net=${namespace.path}`, process.execPath, ...argv])).wall);
    const [a, b] = taken.map(median) as [number, number];
    row(
      `ctctl ${ours.join(' ')}`,
      `${(a / b).toFixed(2)} × of conntrack ${beside.join(' ')}, ${a.toFixed(2)} s`,
      '1.1 ×',
    );
  }
});
await withBigTable(entries, force, async ({ namespace }) => {
  const table = await openTable('kernel', { netns: namespace.fd });
  const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
  const source = new LocalTopSource(table, { now: () => Math.round(performance.now()), breathe });
  const never = new AbortController().signal;
  for (const group of [undefined, 'source', 'pair']) {
    const question: Question = { group, sort: 'rate', reversed: false, limit: 1000 };
    const taken: [ours: number[], beside: number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      const began = performance.now();
      await source.refresh(question, ALL, never);
      const read = performance.now();
      for await (const rows of table.rows({})) while (rows.next());
      // The first refresh makes room for its counters.
      if (round > 0) for (const [i, time] of [read - began, performance.now() - read].entries()) taken[i]!.push(time);
    }
    const [a, b] = taken.map(median) as [number, number];
    row(`ctctl top, ${group ?? 'flows'}`, `${(a / b).toFixed(2)} × of a dump, ${a.toFixed(0)} ms`, '1.2 ×');
  }
  table.close();
});
await withBigTable(1, force, async ({ namespace }) => {
  const inside = (program: string, argv: readonly string[]): number =>
    started('nsenter', [`--net=${namespace.path}`, program, ...argv]);
  const start = (argv: readonly string[]): number => inside(process.execPath, argv);
  for (const [argv, limit] of VERBS) {
    const taken: [ours: number[], node: number[]] = [[], []];
    for (let i = 0; i < STARTS; i++) {
      taken[0].push(start([CTCTL, ...argv]));
      taken[1].push(start(['-e', '0']));
    }
    const [a, b] = taken.map(median) as [number, number];
    row(`ctctl ${argv.join(' ')} over node -e 0`, `+${(a - b).toFixed(0)} ms, ${a.toFixed(0)} ms`, `+${limit} ms`);
  }
  if (!existsSync(DEBIANS)) return;
  const walks = Array.from({ length: STARTS }, () => inside(DEBIANS, ['-L']) - inside(DEBIANS, ['-C']));
  row("the kernel's part of a list", `${median(walks).toFixed(0)} ms (conntrack(8) -L beyond -C)`, '');
});
