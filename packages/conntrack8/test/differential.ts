import { availableParallelism } from 'node:os';
import type { FlowRef, NewFlow } from '@conntrack/flow';
import type { Namespace, RunResult } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { type Case, shown } from './case.js';
import { outputDifference, runDifference, secondsSince, tableText } from './compare.js';
import { REAL, type Stage, trackingNamespace } from './stage.js';
import { fill } from './tables.js';

/** A command line with different results of the two programs. */
export interface Difference {
  readonly of: Case;
  readonly lines: readonly string[];
}

/**
 * Runs the cases, as many in parallel as there are processors. Each worker has an object of its own (for example, a
 * pair of namespaces).
 */
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

/** Number of workers. */
export const WORKERS = Math.max(2, availableParallelism());

/** Runs both programs one after the other in one namespace, which neither changes. */
export async function compareReading(stage: Stage, namespace: Namespace, of: Case): Promise<Difference> {
  const begun = performance.now();
  const theirs = await stage.run(namespace, REAL, of.argv, of.input);
  const ours = await stage.run(namespace, stage.ours, of.argv, of.input);
  return { of, lines: runDifference(theirs, ours, secondsSince(begun)) };
}

interface Side {
  readonly namespace: Namespace;
  readonly conntrack: Conntrack;
}
/** Two namespaces with equal tables, one for each program. */
interface Pair {
  readonly theirs: Side;
  readonly ours: Side;
  /** Maximum delay in seconds between a change in one namespace and the same change in the other. */
  apart: number;
}

/** Fills both namespaces alike, runs a program in each, and also compares the tables afterwards. */
export async function compareChanging(
  stage: Stage,
  pair: Pair,
  flows: readonly NewFlow[],
  of: Case,
): Promise<Difference> {
  await refill(pair, flows);
  const { lines } = await compareRuns(stage, pair, of, flows[0]);
  return { of, lines: [...lines, ...(await compareTables(pair))] };
}

const refOf = ({ family, protonum, original, zone }: NewFlow): FlowRef => ({
  family,
  protonum,
  original,
  ...(zone !== undefined && { zone }),
});

/** Runs a program in each namespace without changing the tables before. `@id` stands for the id of an entry. */
export async function compareRuns(stage: Stage, pair: Pair, of: Case, first?: NewFlow): Promise<Difference> {
  const run = async (program: string, { namespace, conntrack }: Side): Promise<RunResult> => {
    const id = of.argv.includes('@id') ? (await conntrack.get(refOf(first!)))?.id : undefined;
    const argv = of.argv.map(word => (word === '@id' ? String(id) : word));
    const result = await stage.run(namespace, program, argv, of.input);
    // An entry has different ids in the two namespaces.
    return { ...result, stdout: result.stdout.replace(/(?<=use=\d+ id=|<id>)\d+/g, 'N') };
  };
  const begun = performance.now();
  const theirs = await run(REAL, pair.theirs);
  const ours = await run(stage.ours, pair.ours);
  const lines = runDifference(theirs, ours, pair.apart + secondsSince(begun));
  pair.apart = Math.max(pair.apart, secondsSince(begun));
  return { of, lines };
}

/** The differences between the two tables. */
export async function compareTables({ theirs, ours, apart }: Pair): Promise<string[]> {
  const begun = performance.now();
  const texts = await Promise.all([tableText(theirs.conntrack), tableText(ours.conntrack)]);
  return outputDifference(...texts, apart + secondsSince(begun)).map(text => `table ${text}`);
}

/** Empties both namespaces and fills them alike. */
export async function refill(pair: Pair, flows: readonly NewFlow[]): Promise<void> {
  const begun = performance.now();
  await Promise.all(
    [pair.theirs, pair.ours].map(async ({ conntrack }) => {
      await conntrack.flush({ all: true });
      await fill(conntrack, flows);
    }),
  );
  pair.apart = secondsSince(begun);
}

/** A pair of namespaces for each worker, removed at the end of the scope. */
export async function createPairs(): Promise<{ pairs: Pair[] } & Disposable> {
  const side = async (): Promise<Side> => {
    const namespace = await trackingNamespace({ timestamps: true });
    return { namespace, conntrack: Conntrack.open({ netns: namespace.fd }) };
  };
  const pairs: Pair[] = [];
  for (let i = 0; i < WORKERS; i++) pairs.push({ theirs: await side(), ours: await side(), apart: 0 });
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

/** Maximum number of printed lines for each kind of difference: enough to see its pattern. */
const SHOWN = 2;

/** The differences as text for a person. */
export const report = (differences: readonly Difference[]): string =>
  differences
    .filter(({ lines }) => lines.length > 0)
    .map(({ of, lines }) => [shown(of), ...shortened(lines).map(text => `    ${text}`)].join('\n'))
    .join('\n');

function shortened(lines: readonly string[]): string[] {
  const seen = new Map<string, number>();
  const kept = lines.filter(text => {
    const kind = /^\w+( code)? [-+]/.exec(text)?.[0] ?? '';
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    return count <= SHOWN;
  });
  const more = [...seen].filter(([, count]) => count > SHOWN).map(([kind, count]) => `${kind} ${count} in all`);
  return [...kept, ...more];
}
