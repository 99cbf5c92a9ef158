import { statesOf } from '@conntrack/flow';
import { type Piece, piece } from '../output/bytes.js';

/** The names of states by protocol and number, for the protocols that have states. */
export const STATES: readonly (readonly Piece[] | undefined)[] = Array.from({ length: 256 }, (_, protonum) => {
  const names = statesOf(protonum);
  return names.length === 0 ? undefined : names.map(name => piece(name));
});
