import type { Announcement } from '../wire/presence.js';

/** Announcements that may be missing before a node counts as silent, and the part of the next that it is late. */
const MISSED = 3;
/** A difference of clocks that is reported, in milliseconds. */
const SKEW = 2_000;

/** Whether a node belongs to the fleet now. */
export type NodeState =
  /** The node announces itself. */
  | 'up'
  /** The node missed three announcements, or was never heard. */
  | 'silent'
  /** The node said goodbye. */
  | 'left'
  /** Two hosts announce themselves with this name. */
  | 'duplicate';

/** A node of the fleet, as the hub knows it from its announcements. */
export interface NodeInfo {
  readonly id: string;
  readonly state: NodeState;
  readonly tags: readonly string[];
  /** Absent for a node that was never heard. */
  readonly version?: string;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  /** A random text, new with each start of the node. */
  readonly instance?: string;
  /** When the node was heard last, by this host's clock, in milliseconds since 1970. */
  readonly lastSeen?: number;
  /** Milliseconds that the node's clock is ahead of this host's clock. Negative: behind. */
  readonly clockSkew?: number;
  /** What an operator should know, as sentences. */
  readonly notes: readonly string[];
}

/** A node that is expected, whether it was heard or not. */
export interface ExpectedNode {
  id: string;
  tags?: readonly string[];
}

interface Entry {
  readonly id: string;
  readonly tags: readonly string[];
  current: Announcement | undefined;
  /** When it was heard last, by the monotonic and by the wall clock. */
  seen: number;
  lastSeen: number;
  /** The node's monotonic clock minus this program's. The way of a message makes it smaller, so the largest is best. */
  offset: number;
  skew: number;
  /** Earlier instances, and when they were heard last. */
  readonly others: Map<string, number>;
  /** Until when two instances count as alive. */
  duplicateUntil: number;
}

/** What changed with an announcement. */
export type RosterChange = 'none' | 'changed' | 'restarted';

const limitOf = ({ interval }: Announcement): number => (MISSED + 0.5) * interval;

/** The nodes of a fleet, from their announcements. A node that falls silent stays, so that it can be named. */
export class Roster {
  readonly #entries = new Map<string, Entry>();
  readonly #forget: number;

  /** Makes a roster. @param forget milliseconds after which a node that is gone is forgotten */
  constructor(forget: number, expected: readonly ExpectedNode[] = []) {
    this.#forget = forget;
    for (const { id, tags = [] } of expected) this.#entries.set(id, emptyEntry(id, tags));
  }

  /** Takes an announcement. */
  heard(id: string, announcement: Announcement): RosterChange {
    // A joining node does not belong to the fleet yet.
    if (announcement.state === 'joining') return 'none';
    const now = performance.now();
    const entry = this.#entries.get(id) ?? emptyEntry(id, []);
    this.#entries.set(id, entry);
    const before = entry.current;
    const { instance } = announcement;
    if (announcement.state === 'leaving') {
      entry.others.delete(instance);
      if (entry.others.size === 0) entry.duplicateUntil = 0;
      // The goodbye of one of two hosts: the other one remains.
      if (before !== undefined && before.instance !== instance) return 'changed';
    } else if (entry.others.has(instance)) {
      // Heard again after another instance: both are alive.
      entry.duplicateUntil = now + limitOf(announcement);
    }
    entry.others.delete(instance);
    if (before !== undefined && before.instance !== instance && before.state === 'up')
      entry.others.set(before.instance, entry.seen);
    const same = before?.instance === instance;
    const offset = announcement.clock - now;
    entry.offset = same ? Math.max(entry.offset, offset) : offset;
    const skew = announcement.time - Date.now();
    entry.skew =
      same && Math.abs(entry.skew) < Math.abs(skew) && Math.abs(entry.skew - skew) < SKEW ? entry.skew : skew;
    entry.current = announcement;
    entry.seen = now;
    entry.lastSeen = Date.now();
    if (before === undefined) return 'changed';
    if (!same) return 'restarted';
    return before.state === announcement.state ? 'none' : 'changed';
  }

  /** The nodes, in the order of their names. */
  nodes(): NodeInfo[] {
    const now = performance.now();
    for (const [id, { seen, current }] of this.#entries)
      if (current !== undefined && now - seen > this.#forget) this.#entries.delete(id);
    return [...this.#entries.values()].map(entry => infoOf(entry, now)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(id: string): NodeInfo | undefined {
    const entry = this.#entries.get(id);
    return entry && infoOf(entry, performance.now());
  }

  /** A time of this program's monotonic clock, by the clock of a node. `undefined` for a node that was never heard. */
  clockOf(id: string, time: number): number | undefined {
    const entry = this.#entries.get(id);
    return entry?.current && time + entry.offset;
  }
}

const emptyEntry = (id: string, tags: readonly string[]): Entry => ({
  ...{ id, tags, current: undefined, others: new Map() },
  ...{ seen: Number.NEGATIVE_INFINITY, lastSeen: 0, offset: 0, skew: 0, duplicateUntil: 0 },
});

function stateOf({ current, seen, duplicateUntil }: Entry, now: number): NodeState {
  if (current === undefined) return 'silent';
  if (now < duplicateUntil) return 'duplicate';
  if (current.state === 'leaving') return 'left';
  return now - seen > limitOf(current) ? 'silent' : 'up';
}

function infoOf(entry: Entry, now: number): NodeInfo {
  const { id, current, lastSeen, skew } = entry;
  const state = stateOf(entry, now);
  if (current === undefined)
    return { id, state, tags: entry.tags, notes: [`'${id}' is expected, but was never heard`] };
  const { tags, version, capabilities, instance } = current;
  return {
    ...{ id, state, tags, version, capabilities, instance, lastSeen },
    clockSkew: skew,
    notes: notesOf(id, state, skew, now - entry.seen),
  };
}

function notesOf(id: string, state: NodeState, skew: number, silence: number): string[] {
  const notes: string[] = [];
  if (state === 'duplicate')
    notes.push(`two hosts announce themselves as '${id}', so none of them is asked. Give each its own --node`);
  if (state === 'silent') notes.push(`'${id}' sent its last announcement ${Math.round(silence / 1000)} s ago`);
  if (state === 'left') notes.push(`'${id}' has left the fleet`);
  if (Math.abs(skew) >= SKEW)
    notes.push(
      `the clock of '${id}' is ${durationOf(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} this host's clock`,
    );
  return notes;
}

function durationOf(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
