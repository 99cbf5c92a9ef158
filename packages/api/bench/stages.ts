// The stages of a list over HTTP: microseconds of processor time for each entry. The kernel counts them, so the results
// are nearly the same on a busy machine. Kernel and receiving thread (dump), main thread (walk, write, send) and the
// reader work in parallel; with two processors, the sum of all stages also matters.
import { readFileSync } from 'node:fs';
import { Conntrack, type DumpSlab, type EntryCursor } from '@conntrack/netlink';
import { entryFormat } from '@conntrack/netlink/text';
import { type BigTable, median } from '../../netlink/bench/big-table.js';

/** Entries that are kept in memory to measure single stages. */
const KEPT = 200_000;
const ROUNDS = 7;
/** Clock ticks per second of the times in /proc/PID/stat. */
const TICKS = 100;
const OUT = 1024 * 1024;
/** Maximum size of a row. */
const ROW = 8192;

/** Processor seconds of a process so far, including ended threads. */
function timeOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / TICKS;
}
/** Processor seconds of its main thread. */
const mainTimeOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e9;

async function slabsOf(table: BigTable): Promise<DumpSlab[]> {
  await using conntrack = Conntrack.open({ netns: table.namespace.fd });
  const slabs: DumpSlab[] = [];
  let entries = 0;
  for await (const slab of conntrack.dump()) {
    for (const cursor = slab.cursor(); cursor.next(); ) entries++;
    slabs.push(slab);
    if (entries >= KEPT) break;
  }
  return slabs;
}

/** Seconds per entry of a pass over entries in memory. */
function passTime(slabs: readonly DumpSlab[], write: (cursor: EntryCursor) => void): number {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let entries = 0;
    const from = process.cpuUsage();
    for (const slab of slabs) for (const cursor = slab.cursor(); cursor.next(); entries++) write(cursor);
    const { user, system } = process.cpuUsage(from);
    times.push((user + system) / 1e6 / entries);
  }
  return median(times);
}

/**
 * Prints the table of stages.
 *
 * @param drain reads a list from the server, and returns the processor seconds of the reader
 */
export async function stages(
  table: BigTable,
  { pid, entries, rounds }: { pid: number; entries: number; rounds: number },
  drain: (format: string) => Promise<number>,
): Promise<void> {
  const slabs = await slabsOf(table);
  const out = Buffer.allocUnsafe(OUT);
  const walk = passTime(slabs, () => {});
  const cells = (name: string, values: readonly (number | string)[]): void =>
    console.log(
      name.padEnd(20) +
        values.map(value => (typeof value === 'string' ? value : (value * 1e6).toFixed(2)).padStart(8)).join(''),
    );
  cells('µs an entry', ['dump', 'walk', 'write', 'send', 'read', 'sum']);
  for (const format of ['plain', 'ndjson', 'csv', 'xml']) {
    const row = entryFormat(format, { now: Date.now() })!;
    let at = 0;
    const written = passTime(slabs, cursor => {
      at = Math.max(0, cursor.write(row, out, at));
      if (at > OUT - ROW) at = 0;
    });
    const times = { dump: [] as number[], main: [] as number[], read: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const [all, main] = [timeOf(pid), mainTimeOf(pid)];
      times.read.push((await drain(format)) / entries);
      const ours = mainTimeOf(pid) - main;
      times.main.push(ours / entries);
      times.dump.push((timeOf(pid) - all - ours) / entries);
    }
    const [dump, main, read] = [median(times.dump), median(times.main), median(times.read)];
    cells(format, [dump, walk, written - walk, main - written, read, dump + main + read]);
  }
}
