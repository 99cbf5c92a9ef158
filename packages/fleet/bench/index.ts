// The figures of a fleet with 1,000 simulated nodes in one process, each with a table in memory. Wanted figures are printed beside the measured ones.
import { parseQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { Fleet, fixedInventory, type Member } from '../src/index.js';

const NODES = 1000;
const FLOWS = 100;
const DEADLINE = 2000;

function flowOf(node: number, n: number): Flow {
  const client = { src: `10.${node >> 8}.${node & 255}.${n % 250}`, sport: 1000 + n };
  const server = { src: `192.0.2.${n % 50}`, sport: n % 2 ? 80 : 443 };
  return {
    id: n + 1,
    family: 'ipv4',
    protocol: 'tcp',
    protonum: 6,
    original: { ...client, dst: server.src, dport: server.sport },
    reply: { ...server, dst: client.src, dport: client.sport },
    state: 'ESTABLISHED',
    timeout: 100,
    mark: n,
  };
}

const memberOf = (node: number): Member => ({
  id: `gw-${node}`,
  tags: [],
  table: new ConntrackTable(new MemorySource(Array.from({ length: FLOWS }, (_, n) => flowOf(node, n)))),
});

/** A node that never answers. */
function silentMember(node: number): Member {
  const member = memberOf(node);
  member.table.count = () => new Promise(() => {});
  return member;
}

async function measure(what: string, wanted: number, run: () => Promise<string>): Promise<void> {
  const begun = performance.now();
  const found = await run();
  const took = (performance.now() - begun) / 1000;
  const verdict = took <= wanted ? 'ok' : 'NOT MET';
  console.log(
    `${what.padEnd(44)} ${took.toFixed(2).padStart(6)} s, wanted ≤ ${wanted.toFixed(2)} s  ${verdict}  (${found})`,
  );
}

const members = Array.from({ length: NODES }, (_, node) => memberOf(node));
const fleet = new Fleet({ inventory: fixedInventory(members), deadline: 60_000 });
const web = parseQuery('dport=80').filter;
console.log(`${NODES} nodes with ${FLOWS} flows each`);
await measure('count', 1, async () => `${await fleet.count({ filter: web })} flows`);
await measure('top 20 by destination', 1, async () => `${(await fleet.top({ by: 'dst', k: 20 })).items.length} groups`);
await measure('20 flows of each node, merged', 1.5, async () => {
  const { items, matched } = await fleet.page({ limit: 20, sort: [{ field: 'mark' }] });
  return `${items.length} of ${matched}`;
});
const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};
const before = heap();
for (let i = 0; i < 20; i++) await fleet.count({ filter: web });
console.log(
  `${'heap after 20 more counts'.padEnd(44)} ${(heap() - before).toFixed(1).padStart(6)} MiB more, wanted: flat`,
);
await measure('plan and execute', 3, async () => {
  const plan = await fleet.plan(web, 'delete', { maxAffected: NODES * FLOWS });
  return `${(await plan.execute()).changed} deleted`;
});
const silent = Array.from({ length: 30 }, (_, i) => silentMember(NODES + i));
const partly = new Fleet({ inventory: fixedInventory([...members, ...silent]), deadline: DEADLINE });
await measure(`count with 30 silent nodes, deadline ${DEADLINE / 1000} s`, DEADLINE / 1000 + 0.2, async () => {
  await partly.count();
  return `${partly.meta().silent.length} named`;
});
