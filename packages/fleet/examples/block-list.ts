// A controller that keeps a block list enforced on all hosts of a fleet: connections of blocked addresses are deleted, old ones and new ones.
//
//   node --import tsx examples/block-list.ts edge.yaml blocked.txt
//
// The firewall must drop new packets of these addresses: a deleted connection of an address that may still send comes back.
import { readFileSync } from 'node:fs';
import { anyOf, type Filter, parseQuery } from '@conntrack/filter';
import { Fleet, openFleetFile } from '@conntrack/fleet';

/** What a controller did. */
export interface Report {
  readonly deleted: number;
  /** The hosts that did not answer. The next round asks them again. */
  readonly missing: readonly string[];
}

/** Options of the controller. */
export interface EnforceOptions {
  readonly signal: AbortSignal;
  /** Milliseconds between two rounds over all hosts, which also find what events did not show. */
  readonly every?: number;
  readonly report?: (report: Report) => void;
}

/** The filter of all connections of blocked addresses, in either direction. */
export const blockedFilter = (addresses: readonly string[]): Filter =>
  anyOf(addresses.map(address => parseQuery(`addr=${address}`, { purpose: 'change' }).filter));

/** Deletes what is blocked on all hosts that answer. A host that is missing must not protect the others' attackers. */
async function reconcile(fleet: Fleet, filter: Filter, signal: AbortSignal): Promise<Report> {
  const round = fleet.forRequest(crypto.randomUUID());
  const { changed } = await round.deleteMany(filter, { maxAffected: Number.MAX_SAFE_INTEGER, signal });
  const { silent, failed } = round.meta();
  return { deleted: changed, missing: [...silent, ...failed.map(({ node }) => node)] };
}

/** Enforces the list until the signal is aborted. */
export async function enforce(
  fleet: Fleet,
  addresses: readonly string[],
  { signal, every = 30_000, report = () => {} }: EnforceOptions,
): Promise<void> {
  if (addresses.length === 0) return;
  const filter = blockedFilter(addresses);
  // The events are subscribed first, so that no connection is missed between the first round and the first event.
  await using events = await fleet.events({ filter, types: ['new'], signal });
  let due = true;
  const timer = setInterval(() => {
    due = true;
    wake?.();
  }, every);
  let wake: (() => void) | undefined;
  const watching = (async () => {
    for await (const _ of events) {
      // Many new connections make one round.
      due = true;
      wake?.();
    }
  })().catch(() => {});
  signal.addEventListener('abort', () => wake?.(), { once: true });
  try {
    while (!signal.aborted) {
      if (!due)
        await new Promise<void>(resolve => {
          wake = resolve;
          if (due || signal.aborted) resolve();
        });
      if (signal.aborted) break;
      due = false;
      try {
        report(await reconcile(fleet, filter, signal));
      } catch (error) {
        if (signal.aborted) break;
        // No host answered. The next round tries again.
        console.error(`not enforced: ${(error as Error).message}`);
      }
    }
  } finally {
    clearInterval(timer);
    events.close();
    await watching;
  }
}

const [, script = '', file, list] = process.argv;
if (import.meta.url.endsWith(script) && file !== undefined && list !== undefined) {
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  const addresses = readFileSync(list, 'utf8').split(/\s+/).filter(Boolean);
  // Hosts that are down do not stop the blocking of the others.
  await using fleet = new Fleet({ inventory: await openFleetFile(file), allowMissing: Number.MAX_SAFE_INTEGER });
  await enforce(fleet, addresses, { signal: ending.signal, report: report => console.log(JSON.stringify(report)) });
}
