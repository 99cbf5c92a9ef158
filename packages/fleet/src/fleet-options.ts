import { callback, expecting, listOf, type OptionRules, text, whole } from '@conntrack/flow/checks';
import type { Inventory } from './inventory.js';

/** How a fleet asks its nodes. */
export interface FleetOptions {
  /** Who belongs to the fleet. The fleet closes it. */
  inventory: Inventory;
  /** Milliseconds within which a node must answer. A silent node is named. Default: 2000. */
  deadline?: number;
  /** Only the nodes with all of these tags are asked. Default: all nodes. */
  tags?: readonly string[];
  /** Number of nodes that may be missing in the plan of a bulk change. Default: 0, all nodes that are asked must answer. */
  allowMissing?: number;
  /** Maximum number of flows that a bulk change may affect on one node, in addition to its `maxAffected` for all nodes. Default: no limit. */
  maxPerNode?: number;
  /** Executes bulk changes on the first nodes only, by name: a canary. Default: all nodes. */
  first?: number;
  /** Returns the time in milliseconds since 1970, for the expiry of plans. Default: `Date.now`. */
  now?: () => number;
}

export const FLEET_RULES: OptionRules<FleetOptions> = {
  inventory: expecting('an inventory', value => typeof value === 'object' && value !== null && 'members' in value),
  deadline: whole(Number.MAX_SAFE_INTEGER, 1),
  tags: listOf(text),
  allowMissing: whole(),
  maxPerNode: whole(),
  first: whole(Number.MAX_SAFE_INTEGER, 1),
  now: callback,
};

/** Default deadline in milliseconds. */
export const DEADLINE = 2000;
