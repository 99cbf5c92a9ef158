// One operation in a process of its own, as a user's program would run it, so that its memory is that operation's alone:
// node measured.mjs NAMESPACE OPERATION ENTRIES. Prints entries, seconds, MiB of the whole process at most, and the longest that the event loop
// was kept busy.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Conntrack } from '@conntrack/netlink';

const [netns, operation, entries] = process.argv.slice(2);
const conntrack = Conntrack.open({ netns });

const listed = async options => {
  let count = 0;
  for await (const flow of conntrack.list(options)) count += flow.protonum > 0 ? 1 : 0;
  return count;
};
const original = i => ({ src: `10.9.${i >> 16}.1`, dst: '10.9.0.1', sport: i & 0xffff, dport: 53 });
function* changes() {
  for (let i = 0; i < Number(entries); i++)
    yield { family: 'ipv4', protonum: 17, original: original(i), timeout: 3600 };
}
const outcomes = async batch => {
  let count = 0;
  for await (const { outcome } of batch) count += outcome === 'done' ? 1 : 0;
  return count;
};

const operations = {
  async walk() {
    let count = 0;
    let matching = 0;
    for await (const slab of conntrack.dump())
      for (const cursor = slab.cursor(); cursor.next(); count++)
        if (cursor.protonum() === 6 && cursor.state() === 3) matching++;
    return matching > 0 ? count : 0;
  },
  list: () => listed({}),
  filtered: () => listed({ filter: { family: 'ipv4', original: { src: '10.0.0.17' } } }),
  flush: () => conntrack.flush({ family: 'ipv4', original: { src: '10.0.0.18' } }).then(() => 1),
  createMany: () => outcomes(conntrack.createMany(changes())),
  deleteMany: () => outcomes(conntrack.deleteMany(changes())),
  async get() {
    const refs = [];
    for await (const flow of conntrack.list({ filter: { family: 'ipv4', original: { src: '10.0.0.17' } } }))
      refs.push({ family: flow.family, protonum: flow.protonum, original: flow.original });
    let found = 0;
    const from = performance.now();
    for (let i = 0; i < 20_000; i++) if ((await conntrack.get(refs[i % refs.length])) !== undefined) found++;
    operations.seconds = (performance.now() - from) / 1000;
    return found;
  },
};

const delay = monitorEventLoopDelay({ resolution: 1 });
// The start of the program is not measured.
await new Promise(resolve => setTimeout(resolve, 50));
delay.enable();
const from = performance.now();
const count = await operations[operation]();
const seconds = operations.seconds ?? (performance.now() - from) / 1000;
delay.disable();
conntrack.close();
const mebibytes = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ count, seconds, mebibytes, delay: Math.max(0, delay.max / 1e6 - 1) }));
