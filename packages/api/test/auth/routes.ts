import { namespaced } from '../../src/operations/namespaced.js';
import type { Operation } from '../../src/operations/operation.js';
import { OPERATIONS } from '../../src/operations/operations.js';
import { body, newFlow, newPlan } from '../support.js';

/** Every route that there can be. */
export const ROUTES: readonly Operation[] = [...OPERATIONS, ...namespaced(OPERATIONS)];

/** What stands in the braces of a path. */
export interface Places {
  key?: string;
  plan?: string;
}

/** A path with its braces filled; the namespace is `blue`. */
export const pathOf = ({ path }: Operation, { key = 'ct1.x', plan = 'x' }: Places = {}): string =>
  path.replace('{netns}', 'blue').replace('{code}', 'not-found').replace('{key}', key).replace('{plan}', plan);

/** Bodies that are taken, by operation. */
const BODIES: Readonly<Record<string, unknown>> = {
  createFlow: newFlow,
  updateFlow: { timeout: 77 },
  updateFlows: { timeout: 77 },
  searchFlows: { filter: 'all' },
  queryFlows: { filter: 'all' },
  searchTop: { filter: 'all', by: 'src', k: 1000 },
  createPlan: { ...newPlan, filter: 'mark >= 0' },
  drainFlows: { filter: 'mark >= 0', within: 77 },
  reconcileFlows: { scope: 'mark >= 0', keep: ['proto == udp'] },
  changeFlows: { changes: [{ op: 'create', flow: newFlow }] },
  restore: [newFlow].map(({ protocol, original, timeout }) => {
    const { src, dst, sport, dport } = original;
    return JSON.stringify({
      ...{ family: 'ipv4', protocol, protonum: 6, original, timeout },
      reply: { src: dst, dst: src, sport: dport, dport: sport },
    });
  })[0],
  flush: { confirm: 'flush' },
  flushExpectations: { confirm: 'flush' },
};

/** Queries that are needed, by operation. */
const QUERIES: Readonly<Record<string, string>> = {
  updateFlows: 'mark.gte=0',
  deleteFlows: 'mark.gte=0',
  lookupFlow: 'proto=udp&src=10.0.0.1&dst=192.0.2.53&sport=5353&dport=53',
  topFlows: 'by=src&k=1000',
  checkFilter: 'proto=tcp',
  explainFilter: 'proto=tcp',
  completeFilter: 'text=pro',
  watchFlows: 'initial=true',
};

const listOf = (key: string): object => ({
  changes: [
    { op: 'delete', key },
    { op: 'upsert', flow: newFlow },
  ],
});

/** A request for a route that is right in everything but who sends it. */
export function requestFor(operation: Operation, places: Places = {}): { target: string; init: RequestInit } {
  const id = operation.id.replace(/InNetns$/, '');
  const method = operation.method.toUpperCase();
  const query = QUERIES[id];
  // A key in a list is one in a path.
  const given = places.key !== undefined && id === 'changeFlows' ? listOf(places.key) : BODIES[id];
  return {
    target: `${pathOf(operation, places)}${query === undefined ? '' : `?${query}`}`,
    init: given === undefined ? { method } : body(given, method),
  };
}
