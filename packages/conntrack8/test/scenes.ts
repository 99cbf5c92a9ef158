import type { NewFlow } from '@conntrack/flow';
import { createNatLab } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import type { Case } from './case.js';
import {
  compareChanging,
  compareReading,
  compareRuns,
  compareTables,
  createPairs,
  type Difference,
  refill,
  report,
  WORKERS,
  workThrough,
} from './differential.js';
import { createStage, trackingNamespace } from './stage.js';
import { fill } from './tables.js';

/** All differences of command lines that only read, in one namespace. As text; empty if there are none. */
export async function whileLooking(
  all: readonly Case[],
  flows: readonly NewFlow[],
  { timestamps = false, labels = true } = {},
): Promise<string> {
  await using stage = await createStage({ labels });
  using namespace = await trackingNamespace({ timestamps });
  const conntrack = Conntrack.open({ netns: namespace.fd });
  await fill(conntrack, flows);
  conntrack.close();
  const found: Difference[] = [];
  await workThrough(all, Array(WORKERS).fill(0), async of => {
    found.push(await compareReading(stage, namespace, of));
  });
  return report(found);
}

/**
 * All differences on a router's table with real traffic through NAT: counters, states and timeouts are the kernel's
 * own.
 */
export async function whileLookingAtTraffic(all: readonly Case[]): Promise<string> {
  await using stage = await createStage();
  await using lab = await createNatLab();
  await lab.traffic.tcpEstablished();
  await lab.traffic.tcpClosed({ port: 8443 });
  await lab.traffic.udpExchange();
  await lab.traffic.udpRequest({ port: 5140 });
  await lab.traffic.icmpEcho();
  if (lab.families.includes('ipv6')) {
    await lab.traffic.tcpEstablished({ family: 'ipv6' });
    await lab.traffic.icmpEcho({ family: 'ipv6' });
  }
  const found: Difference[] = [];
  // Difference `nat-icmpv6`: conntrack shows every ICMPv6 echo as translated.
  const told = all.filter(({ argv }) => !argv.some(word => /^(-[ngj]|--(src|dst|any)-nat)/.test(word)));
  await workThrough(told, Array(WORKERS).fill(0), async of => {
    found.push(await compareReading(stage, lab.router, of));
  });
  return report(found);
}

/** All differences of command lines that change a table, each on a table of its own. */
export async function whileChanging(all: readonly Case[], flows: readonly NewFlow[]): Promise<string> {
  await using stage = await createStage();
  using filled = await createPairs();
  const found: Difference[] = [];
  await workThrough(all, filled.pairs, async (of, pair) => {
    found.push(await compareChanging(stage, pair, flows, of));
  });
  return report(found);
}

/**
 * All differences of command lines that run one after the other on one table; the tables are compared at the end. For
 * command lines that are mostly rejected.
 */
export async function oneAfterTheOther(all: readonly Case[], flows: readonly NewFlow[]): Promise<string> {
  await using stage = await createStage();
  using filled = await createPairs();
  const found: Difference[] = [];
  for (const pair of filled.pairs) await refill(pair, flows);
  await workThrough(all, filled.pairs, async (of, pair) => {
    found.push(await compareRuns(stage, pair, of));
  });
  for (const pair of filled.pairs) found.push({ of: { argv: ['…'] }, lines: await compareTables(pair) });
  return report(found);
}
