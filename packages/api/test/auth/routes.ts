import { namespaced } from '../../src/operations/namespaced.js';
import type { Operation } from '../../src/operations/operation.js';
import { OPERATIONS } from '../../src/operations/operations.js';
import { body, newFlow, newPlan } from '../support.js';

/** All possible routes. */
export const ROUTES: readonly Operation[] = [...OPERATIONS, ...namespaced(OPERATIONS)];

/** The values of path parameters. */
export interface Places {
  key?: string;
  plan?: string;
}

/** A path with its parameters filled in. The namespace is `blue`. */
export const pathOf = ({ path }: Operation, { key = 'ct1.x', plan = 'x' }: Places = {}): string =>
  path
    .replace('{netns}', 'blue')
    .replace('{code}', 'not-found')
    .replace('{file}', 'app.js')
    .replace('{key}', key)
    .replace('{plan}', plan);

/** Valid bodies by operation. */
const BODIES: Readonly<Record<string, unknown>> = {
  createFlow: newFlow,
  updateFlow: { timeout: 77 },
  updateFlows: { timeout: 77 },
  searchFlows: { filter: 'all' },
  queryFlows: { filter: 'all' },
  searchTopGroups: { filter: 'all', by: 'src', k: 1000 },
  getOverview: { groups: [{ by: 'src', k: 1000 }] },
  createPlan: { ...newPlan, filter: 'mark >= 0' },
  drainFlows: { filter: 'mark >= 0', within: 77 },
  reconcileFlows: { scope: 'mark >= 0', keep: ['proto == udp'] },
  changeFlows: { changes: [{ op: 'create', flow: newFlow }] },
  restoreFlows: [newFlow].map(({ protocol, original, timeout }) => {
    const { src, dst, sport, dport } = original;
    return JSON.stringify({
      ...{ family: 'ipv4', protocol, protonum: 6, original, timeout },
      reply: { src: dst, dst: src, sport: dport, dport: sport },
    });
  })[0],
  flushFlows: { confirm: 'flush' },
  flushExpectations: { confirm: 'flush' },
};

/** Required queries by operation. */
const QUERIES: Readonly<Record<string, string>> = {
  updateFlows: 'mark.gte=0',
  deleteFlows: 'mark.gte=0',
  lookupFlow: 'proto=udp&src=10.0.0.1&dst=192.0.2.53&sport=5353&dport=53',
  listTopGroups: 'by=src&k=1000',
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

/** A request for a route that is valid except for its sender. */
export function requestFor(operation: Operation, places: Places = {}): { target: string; init: RequestInit } {
  const id = operation.id.replace(/InNetns$/, '');
  const method = operation.method.toUpperCase();
  const query = QUERIES[id];
  // A key in a list of changes replaces a key in the path.
  const given = places.key !== undefined && id === 'changeFlows' ? listOf(places.key) : BODIES[id];
  return {
    target: `${pathOf(operation, places)}${query === undefined ? '' : `?${query}`}`,
    init: given === undefined ? { method } : body(given, method),
  };
}
