import { type Filter, findField, testsOf } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';

/**
 * Fields that entries carry only if they were recorded: packets and bytes, start and end times, the age, which text also gives as
 * `delta-time`, what an index measured, and the host in a list of a fleet.
 */
export interface Recorded {
  counters: boolean;
  start: boolean;
  stop: boolean;
  age: boolean;
  rates: boolean;
  firstSeen: boolean;
  node?: boolean;
}

/** All of them, with one value. */
export const allRecorded = (value: boolean): Recorded => ({
  counters: value,
  start: value,
  stop: value,
  age: value,
  rates: value,
  firstSeen: value,
  node: value,
});

const RECORDED: readonly (keyof Recorded)[] = ['counters', 'start', 'stop', 'age', 'rates', 'firstSeen', 'node'];

/** Returns what a filter and an order need. */
export function neededBy(filter: Filter | undefined, sort: readonly { field: string }[]): Recorded {
  const names = [...(filter ? testsOf(filter) : []), ...sort].map(({ field }) => field as string);
  const needs = allRecorded(false);
  for (const name of names) {
    const requires = findField(name)?.requires;
    if (requires === 'accounting') needs.counters = true;
    else if (requires === 'rates') needs.rates = true;
    else if (requires === 'index') needs.firstSeen = true;
    else if (requires === 'timestamps') needs[name === 'age' || name === 'stop' ? name : 'start'] = true;
    else if (requires === 'fleet') needs.node = true;
  }
  return needs;
}

/** Whether everything needed was found. */
export const hasAll = (needs: Recorded, found: Recorded): boolean =>
  RECORDED.every(name => !needs[name] || found[name]);

/** Adds what an entry carries. */
export function noteRecorded(
  { original, reply, start, stop, deltaTime, rate, firstSeen, node }: Flow,
  found: Recorded,
): void {
  found.counters ||= (original.packets ?? original.bytes ?? reply.packets ?? reply.bytes) !== undefined;
  found.rates ||= rate !== undefined;
  found.firstSeen ||= firstSeen !== undefined;
  found.start ||= start !== undefined;
  found.stop ||= stop !== undefined;
  found.age ||= (start ?? deltaTime) !== undefined;
  found.node ||= node !== undefined;
}
