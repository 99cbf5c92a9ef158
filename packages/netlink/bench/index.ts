// Lists a big table through netlink, beside a bare receive loop in C and conntrack(8), turn by turn in one run.
import { Conntrack, type DumpSlab } from '../src/index.js';
import { benchOptions, median, withBigTable } from './big-table.js';

const { entries, rounds, force } = benchOptions(200_000);

await withBigTable(entries, force, async table => {
  const conntrack = Conntrack.open({ netns: table.namespace.fd });
  const timed = async (run: () => Promise<number>): Promise<number> => {
    const from = performance.now();
    const seen = await run();
    if (seen !== entries) throw new Error(`${seen} entries came, not ${entries}`);
    return (performance.now() - from) / 1000;
  };
  /** Every entry located, two fields read: what a filter does. */
  const walk = async (): Promise<number> => {
    let seen = 0;
    let matching = 0;
    for await (const slab of conntrack.dump())
      for (const cursor = slab.cursor(); cursor.next(); seen++)
        if (cursor.protonum() === 6 && cursor.state() === 3) matching++;
    return matching > 0 ? seen : 0;
  };
  const build = async (): Promise<number> => {
    let seen = 0;
    let bytes = 0;
    for await (const slab of conntrack.dump())
      for (const cursor = slab.cursor(); cursor.next(); seen++) bytes += cursor.flow().original.src.length;
    return bytes > 0 ? seen : 0;
  };
  const sides = ['bare receive loop in C', 'entries walked, two fields read', 'flows built', 'conntrack -L'] as const;
  const times = new Map<string, number[]>(sides.map(side => [side, []]));
  for (let round = 0; round < rounds; round++) {
    times.get(sides[0])!.push(table.bare().seconds);
    times.get(sides[1])!.push(await timed(walk));
    times.get(sides[2])!.push(await timed(build));
    const wall = table.wall('conntrack', ['-L']);
    if (wall !== undefined) times.get(sides[3])!.push(wall);
  }
  const bare = median(times.get(sides[0])!);
  console.log(`${entries} entries, median of ${rounds} rounds`);
  for (const side of sides) {
    const taken = times.get(side)!;
    const time = median(taken);
    console.log(
      taken.length === 0
        ? `${side.padEnd(34)} not installed`
        : `${side.padEnd(34)} ${time.toFixed(3)} s   ${(time / bare).toFixed(2)} × bare loop`,
    );
  }

  // Without the kernel: the same slabs again and again, on one core.
  const slabs: DumpSlab[] = [];
  for await (const slab of conntrack.dump()) slabs.push(slab);
  const rates = Array.from({ length: rounds * 2 }, () => {
    let matching = 0;
    let seen = 0;
    const from = performance.now();
    for (const slab of slabs)
      for (const cursor = slab.cursor(); cursor.next(); seen++)
        if (cursor.protonum() === 6 && cursor.state() === 3) matching++;
    if (matching === 0) throw new Error('nothing matched');
    return seen / (performance.now() - from) / 1000;
  });
  console.log(`protocol and state over raw bytes     ${median(rates).toFixed(1)} million entries/s`);
  conntrack.close();
});
