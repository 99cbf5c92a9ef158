// Compares this program, under the name `conntrack`, with conntrack(8) on a large table, in turns in one run; then
// compares their start-up times.
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NewFlow } from '@conntrack/flow';
import { formatIPv4 } from '@conntrack/flow/codec';
import { Conntrack } from '@conntrack/netlink';
import { benchOptions, median, withBigTable } from '../../netlink/bench/big-table.js';
import { type Run, started, timed } from './measure.js';

const REAL = '/usr/sbin/conntrack';
const BUILT = fileURLToPath(new URL('../dist/conntrack.cjs', import.meta.url));
const { entries, rounds, force } = benchOptions(1_000_000);
const startsAt = process.argv.indexOf('--starts');
const STARTS = startsAt < 0 ? 1000 : Number(process.argv[startsAt + 1]);
const FEW = 250;
/** Runs a program with a reader. */
const PIPED = ['sh', '-c', '"$0" "$@" | cat'];
/** Only `FEW` entries have it. */
const RARE_PORT = 8443;

for (const [file, mend] of [
  [BUILT, 'what users get is measured: build it first (npx -y pnpm@12.21.0 run build)'],
  [REAL, 'conntrack(8) is compared with: apt install conntrack'],
] as const)
  if (!existsSync(file)) throw new Error(mend);

const folder = mkdtempSync(join(tmpdir(), 'conntrack-bench-'));
const OURS = join(folder, 'conntrack');
symlinkSync(BUILT, OURS);

/** A figure, and whether it meets its target. */
function figure(name: string, value: number, limit: number, unit: string, more = ''): void {
  const verdict = value <= limit ? 'PASS' : 'over';
  const shown = value.toFixed(value < 10 ? 2 : 0);
  console.log(`${verdict}  ${name.padEnd(46)} ${shown.padStart(6)} ${unit.padEnd(4)} (at most ${limit})  ${more}`);
}

const all = (runs: readonly Run[], field: keyof Run): number => median(runs.map(run => run[field]));
const udp = (i: number): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  original: {
    src: formatIPv4(0x0a000001 + Math.floor(i / 250)),
    dst: formatIPv4(0xc6120001 + (i % 1000)),
    sport: 1024 + (i % 250),
    dport: 53,
  },
  timeout: 3600,
  status: ['SEEN_REPLY', 'ASSURED'],
});

/** The UDP entries of the large table, as bench/bare.c of the netlink package creates them. */
function* udpEntries(): Generator<NewFlow> {
  for (let i = 3; i < entries; i += 4) yield udp(i);
}

try {
  await withBigTable(entries, force, async ({ namespace, bare }) => {
    const conntrack = Conntrack.open({ netns: namespace.fd });
    for (let i = 0; i < FEW; i++)
      await conntrack.create({
        ...udp(i),
        protonum: 6,
        state: 'ESTABLISHED',
        original: { ...udp(i).original, dport: RARE_PORT },
      });
    /** Runs both in turns. Their output is discarded, or goes through a pipe to a reader. */
    const beside = async (
      argv: readonly string[],
      limits: { wall: number; cpu?: number; peak?: number },
      { before = async () => {}, piped = false }: { before?: () => Promise<void>; piped?: boolean } = {},
    ): Promise<void> => {
      const run = (program: string, ...rest: readonly string[]) =>
        timed('nsenter', [`--net=${namespace.path}`, ...(piped ? PIPED : []), program, ...rest]);
      const [theirs, ours]: [Run[], Run[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        await before();
        theirs.push(await run(REAL, ...argv));
        await before();
        ours.push(await run(OURS, ...argv));
      }
      const name = `conntrack ${argv.join(' ')}${piped ? ' | cat' : ''}`;
      const [a, b] = [all(ours, 'wall'), all(theirs, 'wall')];
      figure(`${name}: time`, a / b, limits.wall, '×', `${a.toFixed(2)} s, conntrack(8) ${b.toFixed(2)} s`);
      const [c, d] = [all(ours, 'cpu'), all(theirs, 'cpu')];
      if (limits.cpu !== undefined)
        figure(`${name}: processor`, c / d, limits.cpu, '×', `${c.toFixed(2)} s, conntrack(8) ${d.toFixed(2)} s`);
      if (limits.peak !== undefined)
        figure(`${name}: memory`, Math.max(...ours.map(({ peak }) => peak)), limits.peak, 'MiB');
    };

    console.log(`${entries} entries, median of ${rounds} rounds`);
    await beside(['-L'], { wall: 0.55, cpu: 0.7, peak: 110 });
    await beside(['-L'], { wall: 0.55 }, { piped: true });
    const floor = median(Array.from({ length: rounds }, () => bare().seconds));
    console.log(`      bare receive loop in C, nothing decoded or written: ${floor.toFixed(2)} s`);
    await beside(['-L', '-o', 'xml'], { wall: 0.55, peak: 110 });
    await beside(['-L', '-o', 'xml'], { wall: 0.55 }, { piped: true });
    await beside(['-L', '-s', '10.0.0.17'], { wall: 0.2 });
    await beside(['-L', '-p', 'tcp', '--dport', String(RARE_PORT)], { wall: 0.2 });
    const before = async (): Promise<void> => {
      for await (const { outcome, ...rest } of conntrack.createMany(udpEntries()))
        if (outcome === 'failed' && !('error' in rest && rest.error.code === 'EEXIST'))
          throw new Error('no table to delete from');
    };
    await beside(['-D', '-p', 'udp'], { wall: 0.4, peak: 110 }, { before });
    await conntrack.flush({ all: true });

    const inside = (program: string, argv: readonly string[]): number =>
      started('nsenter', [`--net=${namespace.path}`, program, ...argv]);
    const node = (): number => inside(process.execPath, ['-e', '0']);
    const sums = { create: 0, node: 0 };
    for (let i = 0; i < STARTS; i++) {
      const tuple = [
        '-p',
        'udp',
        '-s',
        '10.1.0.1',
        '-d',
        '10.2.0.1',
        '--sport',
        String(1 + i),
        '--dport',
        '53',
        '-t',
        '600',
      ];
      sums.create += inside(OURS, ['-I', ...tuple]);
      sums.node += node();
    }
    const seconds = `${(sums.create / 1000).toFixed(1)} s, node -e 0 ${(sums.node / 1000).toFixed(1)} s`;
    figure(`${STARTS} starts of conntrack -I`, sums.create / sums.node, 1.5, '×', seconds);

    for (const [argv, limit] of [
      [['-V'], 15],
      [['-C'], 30],
    ] as const) {
      const [ours, bare]: [number[], number[]] = [[], []];
      for (let i = 0; i < 50; i++) {
        ours.push(inside(BUILT, argv));
        bare.push(node());
      }
      figure(
        `conntrack ${argv.join(' ')} over node -e 0`,
        median(ours) - median(bare),
        limit,
        'ms',
        `${median(ours).toFixed(0)} ms`,
      );
    }
    conntrack.close();
  });
} finally {
  rmSync(folder, { recursive: true });
}
