// One stage of a list in a process of its own: node stage.mjs NAMESPACE STAGE ROUNDS. Prints the processor time of each entry in µs, all threads of the
// process counted, garbage collection too; the kernel's part is not in it.
import { Conntrack } from '@conntrack/netlink';
import { entryFormat, NO_ROOM } from '@conntrack/netlink/text';

/** Number of entries: with more, memory would be measured and not work. */
const ENTRIES = 200_000;
const [netns, stage, rounds] = process.argv.slice(2);

const conntrack = Conntrack.open({ netns });
const slabs = [];
let entries = 0;
for await (const slab of conntrack.dump()) {
  slabs.push(slab);
  for (const cursor = slab.cursor(); cursor.next(); ) entries++;
  if (entries >= ENTRIES) break;
}
conntrack.close();

const out = Buffer.allocUnsafeSlow(256 * 1024);
function written(format) {
  let at = 0;
  return cursor => {
    let end = cursor.write(format, out, at);
    if (end === NO_ROOM) end = cursor.write(format, out, 0);
    if (end < 0) throw new Error(`an entry is not written as ${stage}`);
    at = end;
    return end;
  };
}
const work = {
  walk: cursor => cursor.protonum() + cursor.state(),
  flow: cursor => cursor.flow().protonum,
}[stage];
const each = work ?? written(entryFormat(stage));

let sum = 0;
function round() {
  const before = process.cpuUsage();
  for (const slab of slabs) for (const cursor = slab.cursor(); cursor.next(); ) sum += each(cursor);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / entries;
}
// The first rounds compile.
round();
round();
const times = Array.from({ length: Number(rounds) }, round).sort((one, other) => one - other);
if (sum === 0) throw new Error('nothing was read');
console.log(times[Math.floor(times.length / 2)]);
