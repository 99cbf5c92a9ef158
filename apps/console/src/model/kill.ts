import type { ConntrackClient, Deleted, Flow, PlanAnswer } from '@conntrack/client';
import type { ReadonlySignal } from '@preact/signals';
import { signal } from '@preact/signals';

/** What would be deleted, as the dialog shows it. */
export interface Preview {
  readonly count: number;
  readonly matched: number;
  readonly breakdown: Readonly<Record<string, number>>;
  readonly sample: readonly Flow[];
  readonly skips: readonly { reason: string; count: number }[];
  /** Why it cannot be done. */
  readonly refusal?: string | undefined;
}

/** What was deleted. */
export interface Outcome {
  readonly deleted: number;
  readonly gone: number;
  readonly failed: number;
  readonly skipped: number;
  readonly warnings: readonly string[];
  readonly failures: readonly { reason: string; count: number }[];
  /** Number of connections that exist again after two seconds; absent until it is known. */
  readonly back?: number | undefined;
}

/** The steps of a delete. */
export type KillState =
  | { step: 'closed' }
  | { step: 'planning'; what: string }
  | { step: 'confirm'; what: string; preview: Preview; execute: () => Promise<Outcome>; verify: () => Promise<number> }
  | { step: 'running'; what: string; preview: Preview }
  | { step: 'done'; what: string; outcome: Outcome }
  | { step: 'failed'; what: string; message: string };

export interface KillModel {
  readonly state: ReadonlySignal<KillState>;
  /** Plans to delete exactly these flows. */
  flows(client: ConntrackClient, flows: readonly Flow[]): Promise<void>;
  /** Plans to delete all flows that match. */
  matching(client: ConntrackClient, filter: string): Promise<void>;
  execute(): Promise<void>;
  close(): void;
}

/** At most this many flows can be selected by hand: the API takes no longer list of changes. */
export const MOST_SELECTED = 1000;
/** The API's own maximum. The number has to be typed above {@link TYPED}. */
const MOST_AFFECTED = 1_000_000;
/** From this number on the reader types the number. */
export const TYPED = 100;
/** Milliseconds between a delete and the look at what has come back. */
const VERIFY = 2000;
/** Look-ups of deleted flows one by one, at most. */
const LOOKED_UP = 50;

const label = ({ protocol, state }: Flow): string => (state === undefined ? protocol : `${protocol} ${state}`);

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Number of these flows that exist, with whatever id: a connection that continued has an entry again. */
async function existing(client: ConntrackClient, flows: readonly Flow[]): Promise<number> {
  const found = await Promise.all(
    flows.slice(0, LOOKED_UP).map(({ protocol, protonum, original, zone }) => {
      const { packets: _, bytes: __, zone: own, ...tuple } = original;
      const inZone = own ?? zone;
      const known = /^\d+$/.test(protocol) ? protonum : protocol;
      return client.lookup({ proto: known, ...tuple, ...(inZone && { zone: inZone }) }).then(
        () => true,
        () => false,
      );
    }),
  );
  return found.filter(Boolean).length;
}

/** Plans the deletion of a list of flows by key. */
async function planFlows(client: ConntrackClient, flows: readonly Flow[]) {
  const changes = flows.map(({ key }) => ({ op: 'delete' as const, key: key! }));
  const { results } = await client.changes(changes, { dryRun: true });
  const ready = flows.filter((_, i) => results[i]!.outcome === 'ready');
  const others = results.filter(({ outcome }) => outcome !== 'ready');
  const preview: Preview = {
    count: ready.length,
    matched: flows.length,
    breakdown: countBy(ready.map(label)),
    sample: ready.slice(0, 100),
    skips: Object.entries(countBy(others.map(({ outcome, detail }) => detail ?? outcome))).map(([reason, count]) => ({
      reason,
      count,
    })),
    ...(ready.length === 0 && { refusal: 'None of these flows can be deleted.' }),
  };
  const execute = async (): Promise<Outcome> => {
    const chosen = ready.map(({ key }) => ({ op: 'delete' as const, key: key! }));
    const { counts, results: made } = await client.changes(chosen, { idempotencyKey: crypto.randomUUID() });
    const failed = made.filter(({ outcome }) => outcome === 'failed');
    return {
      deleted: counts.done,
      gone: counts.gone + counts.replaced,
      failed: counts.failed,
      skipped: counts.protected,
      warnings: [],
      failures: Object.entries(countBy(failed.map(({ detail }) => detail ?? 'failed'))).map(([reason, count]) => ({
        reason,
        count,
      })),
    };
  };
  return { preview, execute, verify: () => existing(client, ready) };
}

/** Plans the deletion of all flows that match a filter. Executing touches no flow that appears later. */
async function planMatching(client: ConntrackClient, filter: string) {
  const plan: PlanAnswer = await client.plan(filter, 'delete', { maxAffected: MOST_AFFECTED });
  const preview: Preview = { ...plan, refusal: plan.refusal?.detail };
  const execute = async (): Promise<Outcome> => {
    const { deleted, gone, failed, skipped, warnings, failures } = (await client.execute(plan)) as Deleted;
    return { deleted, gone, failed, skipped, warnings, failures };
  };
  return { preview, execute, verify: () => existing(client, plan.sample) };
}

export function killModel(): KillModel {
  const state = signal<KillState>({ step: 'closed' });
  const begin = async (what: string, plan: () => ReturnType<typeof planMatching>): Promise<void> => {
    const planning: KillState = { step: 'planning', what };
    state.value = planning;
    const next = await plan().then(
      (made): KillState => ({ step: 'confirm', what, ...made }),
      (error: Error): KillState => ({ step: 'failed', what, message: error.message }),
    );
    if (state.peek() === planning) state.value = next;
  };
  return {
    state,
    flows: (client, flows) =>
      begin(flows.length === 1 ? 'this flow' : `${flows.length} selected flows`, () => planFlows(client, flows)),
    matching: (client, filter) => begin(`all flows that match ${filter}`, () => planMatching(client, filter)),
    async execute() {
      const now = state.peek();
      if (now.step !== 'confirm') return;
      const { what, preview } = now;
      state.value = { step: 'running', what, preview };
      try {
        const outcome = await now.execute();
        const done: KillState = { step: 'done', what, outcome };
        state.value = done;
        await new Promise(resolve => setTimeout(resolve, VERIFY));
        const back = await now.verify().catch(() => undefined);
        if (state.peek() === done) state.value = { ...done, outcome: { ...outcome, back } };
      } catch (error) {
        state.value = { step: 'failed', what, message: (error as Error).message };
      }
    },
    close() {
      state.value = { step: 'closed' };
    },
  };
}
