// The churn test runs this as a process: it creates and deletes entries without a pause, and replaces targets on their tuples.
import { Conntrack, NetlinkError } from '@conntrack/netlink';
import { bystander, type Churned, type Round, STAYS, successor } from './churn-entries.js';

const conntrack = Conntrack.open({ netns: process.argv[2]! });
const from = performance.now();
const staying: number[] = [];
let changes = 0;
/** Targets of the round that are still to be replaced, in random order. */
let waiting: number[] = [];
let successors: [number, number | undefined][] = [];
let churning = true;

const deleted = async ({ family, protonum, original, zone }: ReturnType<typeof successor>): Promise<void> => {
  try {
    await conntrack.delete({ family, protonum, original, ...(zone !== undefined && { zone }) });
    changes++;
  } catch (error) {
    if (!(error instanceof NetlinkError && error.errnoName === 'ENOENT')) throw error;
  }
};

/** Creates the successor on a target's tuple, whether or not the target still exists. */
async function succeed(n: number): Promise<void> {
  const next = successor(n);
  await conntrack.create(next);
  changes++;
  const { family, protonum, original } = next;
  successors.push([n, (await conntrack.get({ family, protonum, original }))?.id]);
  if (successors.length === 100) process.send!('begun');
}

async function come(k: number): Promise<void> {
  await conntrack.create(bystander(k));
  changes++;
}

process.on('message', (message: { targets?: readonly [from: number, to: number]; end?: 'round' | 'all' }) => {
  if (message.targets !== undefined) {
    const [first, last] = message.targets;
    waiting = Array.from({ length: last - first }, (_, i) => first + i).sort(() => Math.random() - 0.5);
    successors = [];
  } else if (message.end === 'round') {
    waiting = [];
    process.send!({ successors } satisfies Round);
  } else churning = false;
});

for (let k = 0; churning; k++) {
  const n = k % 4 === 0 ? waiting.pop() : undefined;
  if (n === undefined) await come(k);
  else {
    await deleted(successor(n));
    // An id is made from the tuple and the place in memory. For half of the targets another entry gets the place.
    if ((n & 2) === 0) {
      await come(k);
      await succeed(n);
    } else {
      await succeed(n);
      await come(k);
    }
  }
  if (k % STAYS === 0) staying.push(k);
  else await deleted(bystander(k));
  // Lets messages be read.
  if (k % 20 === 0) await new Promise(resolve => setImmediate(resolve));
}
const told = { staying, changes, seconds: (performance.now() - from) / 1000 } satisfies Churned;
// A long message needs several writes: disconnecting before the last one would truncate it.
process.send!(told, () => process.disconnect());
conntrack.close();
