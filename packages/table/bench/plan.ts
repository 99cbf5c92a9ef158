// Plans on a big table: deletes one source's entries compared with conntrack(8) and C, many filters compared with one, and the memory of a plan.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseQuery } from '@conntrack/filter';
import { benchOptions, median, withBigTable } from '../../netlink/bench/big-table.js';
import { ConntrackTable, KernelSource } from '../src/index.js';

const { entries, rounds, force } = benchOptions(1_000_000);
/** The share of deleted entries: 60,000 of 1,000,000. The number of ports limits it. */
const share = Math.min(60_000, Math.round(entries * 0.06));
const SOURCE = '10.200.0.1';
const parse = (query: string) => parseQuery(query, { purpose: 'change' }).filter;

const folder = mkdtempSync(join(tmpdir(), 'conntrack-bench-'));
const program = join(folder, 'delete-batch');
const source = fileURLToPath(new URL('./delete-batch.c', import.meta.url));
if (spawnSync('cc', ['-O2', '-o', program, source], { stdio: 'inherit' }).status !== 0)
  throw new Error('the C program to compare with does not build');

try {
  await withBigTable(
    entries - share,
    force,
    async big => {
      const kernel = await KernelSource.open({ netns: big.namespace.fd });
      const table = new ConntrackTable(kernel);
      const refill = async (): Promise<void> => {
        for (let n = 0; n < share; n++)
          await kernel.create({
            family: 'ipv4',
            protonum: 17,
            original: { src: SOURCE, dst: '198.51.100.53', sport: n + 1, dport: 53 },
            timeout: 3600,
          });
      };
      const left = async (): Promise<void> => {
        const count = await table.count();
        if (count !== entries - share) throw new Error(`${count} entries are left, not ${entries - share}`);
      };
      const times: Record<'ours' | 'bare' | 'conntrack' | 'one' | 'twenty', number[]> = {
        ours: [],
        bare: [],
        conntrack: [],
        one: [],
        twenty: [],
      };
      const timed = async (into: number[], act: () => Promise<unknown>): Promise<void> => {
        const from = performance.now();
        await act();
        into.push((performance.now() - from) / 1000);
      };
      let bytes = 0;
      // The kernel can evaluate none of them: both plans read the whole table.
      const ranges = Array.from({ length: 20 }, (_, i) => parse(`sport=${1024 + i * 10}-${1029 + i * 10}`));
      for (let round = 0; round < rounds; round++) {
        await refill();
        await timed(times.ours, async () => {
          const plan = await table.plan(parse(`src=${SOURCE}`), 'delete', { maxAffected: share });
          bytes = plan.bytes / plan.count;
          const { changed } = await plan.execute();
          if (changed !== share) throw new Error(`${changed} were deleted, not ${share}`);
        });
        await left();
        await refill();
        const { stdout } = spawnSync('nsenter', [`--net=${big.namespace.path}`, program, SOURCE], { encoding: 'utf8' });
        times.bare.push(Number(stdout.split(' ')[0]));
        await left();
        await refill();
        const wall = big.wall('conntrack', ['-D', '-s', SOURCE]);
        if (wall === undefined) await table.deleteMany(parse(`src=${SOURCE}`), { maxAffected: share });
        else times.conntrack.push(wall);
        await left();
        await timed(times.one, () => table.plan(ranges[0]!, 'delete', { maxAffected: entries }));
        await timed(times.twenty, () => table.plan(ranges, 'delete', { maxAffected: entries }));
      }
      const line = (what: string, taken: readonly number[], ...ratios: string[]): void =>
        console.log(
          `${what.padEnd(48)} ${taken.length > 0 ? `${median(taken).toFixed(3)} s` : 'not installed'}   ${ratios.join('   ')}`,
        );
      const ratio = (one: readonly number[], other: readonly number[], name: string): string =>
        other.length === 0 ? '' : `${(median(one) / median(other)).toFixed(2)} × ${name}`;
      console.log(`${entries} entries, median of ${rounds} rounds`);
      line(
        `delete ${share} by source: plan and execute`,
        times.ours,
        ratio(times.ours, times.bare, 'C'),
        ratio(times.ours, times.conntrack, 'conntrack'),
      );
      line('the same in C: filtered dump, batched deletes', times.bare);
      line(`conntrack -D -s ${SOURCE}`, times.conntrack);
      line('plan, 1 filter over everything', times.one);
      line('plan, 20 filters over everything', times.twenty, ratio(times.twenty, times.one, 'one filter'));
      console.log(`a plan holds ${bytes.toFixed(1)} bytes for each target`);
      table.close();
    },
    share + 10_000,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
