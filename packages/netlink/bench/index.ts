// Lists a big table through netlink and compares it with a bare receive loop in C and with conntrack(8), in turns within one run;
// then compares changes and look-ups with C. Our runs are processes from dist/, so memory and start-up are those of a user's program.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Namespace } from '../../lab/src/index.js';
import { type BigTable, benchOptions, median, withBigTable } from './big-table.js';

const { entries, rounds, force } = benchOptions(1_000_000);
/** One source has this many (bench/bare.c). */
const PER_SOURCE = 250;
const CHANGES = Math.min(entries, 500_000);
const SOURCE = '10.0.0.17';

interface Measured {
  count: number;
  seconds: number;
  mebibytes: number;
  delay: number;
}

const program = fileURLToPath(new URL('./measured.mjs', import.meta.url));
if (!existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url))))
  throw new Error('what users get is measured: build it first (npx -y pnpm@12.21.0 run build)');

function measured(namespace: Namespace, operation: string, count: number): Measured {
  const { stdout, status } = spawnSync(process.execPath, [program, namespace.path, operation, String(count)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${operation} failed`);
  const result = JSON.parse(stdout) as Measured;
  if (result.count !== count) throw new Error(`${operation}: ${result.count} entries, not ${count}`);
  return result;
}

/** One row: a measurement, and those that it is compared with. */
function row(
  name: string,
  seconds: readonly number[],
  beside: readonly number[],
  runs: readonly Measured[] = [],
): void {
  const time = median(seconds);
  const most = (field: 'mebibytes' | 'delay', unit: string): string =>
    runs.length === 0
      ? ''
      : `   ${Math.max(...runs.map(run => run[field]))
          .toFixed(0)
          .padStart(4)} ${unit}`;
  console.log(
    seconds.length === 0
      ? `${name.padEnd(42)} not installed`
      : `${name.padEnd(42)} ${time.toFixed(3)} s   ${(time / median(beside)).toFixed(2)} ×${most('mebibytes', 'MiB at most')}${most('delay', 'ms of delay at most')}`,
  );
}

const secondsOf = (runs: readonly Measured[]): number[] => runs.map(({ seconds }) => seconds);

function lists(table: BigTable): void {
  const bare: number[] = [];
  const bareSource: number[] = [];
  const tool: number[] = [];
  const runs = { walk: [] as Measured[], list: [] as Measured[], filtered: [] as Measured[] };
  for (let round = 0; round < rounds; round++) {
    bare.push(table.bare().seconds);
    runs.walk.push(measured(table.namespace, 'walk', entries));
    runs.list.push(measured(table.namespace, 'list', entries));
    bareSource.push(table.bare(SOURCE).seconds);
    runs.filtered.push(measured(table.namespace, 'filtered', PER_SOURCE));
    const wall = table.wall('conntrack', ['-L']);
    if (wall !== undefined) tool.push(wall);
  }
  row('bare receive loop in C', bare, bare);
  row('entries walked, two fields read', secondsOf(runs.walk), bare, runs.walk);
  row('flows listed', secondsOf(runs.list), bare, runs.list);
  row('conntrack -L', tool, bare);
  row(`one source (${PER_SOURCE}) in C`, bareSource, bareSource);
  row('one source listed', secondsOf(runs.filtered), bareSource, runs.filtered);
}

function changes(table: BigTable): void {
  using elsewhere = Namespace.create();
  const taken = { fill: [] as number[], delete: [] as number[] };
  const runs = { createMany: [] as Measured[], deleteMany: [] as Measured[], get: [] as Measured[] };
  for (let round = 0; round < rounds; round++) {
    for (const verb of ['fill', 'delete'] as const) taken[verb].push(table.change(verb, CHANGES, elsewhere));
    for (const verb of ['createMany', 'deleteMany'] as const) runs[verb].push(measured(elsewhere, verb, CHANGES));
    runs.get.push(measured(table.namespace, 'get', 20_000));
  }
  row(`${CHANGES} made in C`, taken.fill, taken.fill);
  row('made by createMany', secondsOf(runs.createMany), taken.fill, runs.createMany);
  row(`${CHANGES} deleted in C`, taken.delete, taken.delete);
  row('deleted by deleteMany', secondsOf(runs.deleteMany), taken.delete, runs.deleteMany);
  const microseconds = (median(secondsOf(runs.get)) / 20_000) * 1e6;
  console.log(`${'get, one after the other'.padEnd(42)} ${microseconds.toFixed(1)} µs each`);
}

const STAGES = {
  walk: 'protocol and state read from the bytes',
  flow: 'a flow built as an object',
  plain: 'a line of conntrack -L written',
  extended: 'a line of -o extended written',
  save: 'a line of -o save written',
  ndjson: 'a line of NDJSON written',
  csv: 'a line of CSV written',
  xml: 'an element of XML written',
};

/** CPU time of each stage of a list, in µs for each entry. With two cores for kernel, decoder and reader, the sum matters. */
function stages(table: BigTable): void {
  const stage = fileURLToPath(new URL('./stage.mjs', import.meta.url));
  const print = (name: string, microseconds: number): void =>
    console.log(`${name.padEnd(42)} ${microseconds.toFixed(3)} µs an entry`);
  const bare = Array.from({ length: rounds }, () => table.bare().seconds);
  print('dumped by the kernel, received in C', (median(bare) / entries) * 1e6);
  for (const [name, label] of Object.entries(STAGES)) {
    const { stdout, status } = spawnSync(process.execPath, [stage, table.namespace.path, name, String(rounds * 2)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`${name} failed`);
    print(label, Number(stdout));
  }
}

await withBigTable(entries, force, async table => {
  console.log(`${entries} entries, medians of ${rounds} rounds`);
  lists(table);
  changes(table);
  stages(table);
});
