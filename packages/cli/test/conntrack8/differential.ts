import { availableParallelism } from 'node:os';
import type { FlowRef, NewFlow } from '@conntrack/flow';
import { Conntrack } from '@conntrack/netlink';
import type { Namespace, RunResult } from '@conntrack/netlink/lab';
import { type Case, shown } from './case.js';
import { outputDifference, runDifference, tableText } from './compare.js';
import { REAL, type Stage, trackingNamespace } from './stage.js';
import { fill } from './tables.js';

/** A command line that the two programs answer differently. */
export interface Difference {
  readonly of: Case;
  readonly lines: readonly string[];
}

/** Works through the cases, as many at a time as there are processors; each worker has a thing of its own (a pair of namespaces, say). */
export async function workThrough<T, W>(
  items: readonly T[],
  workers: readonly W[],
  work: (item: T, worker: W) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    workers.map(async worker => {
      while (next < items.length) await work(items[next++]!, worker);
    }),
  );
}

/** How many run at a time. */
export const WORKERS = Math.max(2, availableParallelism());

/** Both programs, one after the other, in one namespace that neither changes. */
export async function compareReading(stage: Stage, namespace: Namespace, of: Case): Promise<Difference> {
  const options = of.input === undefined ? {} : { input: of.input };
  const theirs = await stage.run(namespace, REAL, of.argv, options);
  const ours = await stage.run(namespace, stage.ours, of.argv, options);
  return { of, lines: runDifference(theirs, ours) };
}

interface Side {
  readonly namespace: Namespace;
  readonly conntrack: Conntrack;
}
/** Two namespaces to be filled alike, one for each program. */
interface Pair {
  readonly theirs: Side;
  readonly ours: Side;
}

/** Differences as a text for a person. */
export const report = (differences: readonly Difference[]): string =>
  differences.map(({ of, lines }) => [shown(of), ...lines.map(text => `    ${text}`)].join('\n')).join('\n');

/** Fills both namespaces alike, runs a program in each, and compares the tables afterwards too. */
export async function compareChanging(
  stage: Stage,
  pair: Pair,
  flows: readonly NewFlow[],
  of: Case,
): Promise<Difference> {
  const options = of.input === undefined ? {} : { input: of.input };
  const results: RunResult[] = [];
  const tables: string[] = [];
  for (const [program, { namespace, conntrack }] of [
    [REAL, pair.theirs],
    [stage.ours, pair.ours],
  ] as const) {
    await conntrack.flush({ all: true });
    const [first] = await fill(conntrack, flows);
    const id = of.argv.includes('@id') ? (await conntrack.get(first as FlowRef))?.id : undefined;
    const argv = of.argv.map(word => (word === '@id' ? String(id) : word));
    results.push(await stage.run(namespace, program, argv, options));
    tables.push(await tableText(conntrack));
  }
  const [theirs, ours] = results as [RunResult, RunResult];
  return {
    of,
    lines: [
      ...runDifference(withoutIds(theirs), withoutIds(ours)),
      ...outputDifference(tables[0]!, tables[1]!).map(text => `table ${text}`),
    ],
  };
}

/** The same entry has another id in each of the namespaces. */
const withoutIds = (result: RunResult): RunResult => ({
  ...result,
  stdout: result.stdout.replace(/(?<=use=\d+ id=|<id>)\d+/g, 'N'),
});

/** A pair of namespaces for each worker, gone with the scope. */
export async function createPairs(): Promise<{ pairs: Pair[] } & Disposable> {
  const side = async (): Promise<Side> => {
    const namespace = await trackingNamespace();
    return { namespace, conntrack: Conntrack.open({ netns: namespace.fd }) };
  };
  const pairs: Pair[] = [];
  for (let i = 0; i < WORKERS; i++) pairs.push({ theirs: await side(), ours: await side() });
  return {
    pairs,
    [Symbol.dispose]() {
      for (const { namespace, conntrack } of pairs.flatMap(({ theirs, ours }) => [theirs, ours])) {
        conntrack.close();
        namespace.close();
      }
    },
  };
}
