import { type Flow, nodeKey } from '@conntrack/flow';

/** Returns a flow as the fleet shows it: with the name of its node, which is also in its key. */
export function named<T extends Flow>(node: string, flow: T): T {
  const { key, ...rest } = flow;
  return { ...(key !== undefined && { key: nodeKey(node, key) }), node, ...rest } as T;
}
