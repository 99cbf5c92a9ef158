import { FleetError } from './error.js';

/** Lower case, so that a filter finds the node in any case; no characters with a meaning in filters, keys, subjects of NATS or file names. */
const NODE_ID = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;

/** Checks the name of a node: 1 to 63 lower-case letters, digits, `-` and `_`. @throws FleetError NODE_INVALID */
export function checkNodeId(id: unknown): asserts id is string {
  if (typeof id === 'string' && NODE_ID.test(id)) return;
  throw new FleetError(
    'NODE_INVALID',
    `invalid node name ${JSON.stringify(id)}. Use 1 to 63 lower-case letters, digits, '-' and '_', and begin and end with a letter or a digit`,
  );
}

/** Checks a tag of a node, which has the form of a name. @throws FleetError NODE_INVALID */
export function checkTag(tag: unknown): asserts tag is string {
  if (typeof tag === 'string' && NODE_ID.test(tag)) return;
  throw new FleetError(
    'NODE_INVALID',
    `invalid tag ${JSON.stringify(tag)}. Use 1 to 63 lower-case letters, digits, '-' and '_', and begin and end with a letter or a digit`,
  );
}
