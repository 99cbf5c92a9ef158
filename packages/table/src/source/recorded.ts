import { type Filter, findField, testsOf } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';

/** Fields that entries carry only if they were recorded: packets and bytes, start times, and the age, which text also gives as `delta-time`. */
export interface Recorded {
  counters: boolean;
  start: boolean;
  age: boolean;
}

const RECORDED: readonly (keyof Recorded)[] = ['counters', 'start', 'age'];

/** Returns what a filter and an order need. */
export function neededBy(filter: Filter | undefined, sort: readonly { field: string }[]): Recorded {
  const names = [...(filter ? testsOf(filter) : []), ...sort].map(({ field }) => field as string);
  const needs: Recorded = { counters: false, start: false, age: false };
  for (const name of names) {
    const requires = findField(name)?.requires;
    if (requires === 'accounting') needs.counters = true;
    else if (requires === 'timestamps') needs[name === 'age' ? 'age' : 'start'] = true;
  }
  return needs;
}

/** Whether everything needed was found. */
export const hasAll = (needs: Recorded, found: Recorded): boolean =>
  RECORDED.every(name => !needs[name] || found[name]);

/** Adds what an entry carries. */
export function noteRecorded({ original, reply, start, deltaTime }: Flow, found: Recorded): void {
  found.counters ||= (original.packets ?? original.bytes ?? reply.packets ?? reply.bytes) !== undefined;
  found.start ||= start !== undefined;
  found.age ||= (start ?? deltaTime) !== undefined;
}
