import { protocolOf, stateName, statesOf } from '@conntrack/flow';
import { type Piece, piece } from './bytes.js';

/** The name that conntrack(8) prints for each protocol: it knows eight. */
export const PRINTED: readonly string[] = Array.from({ length: 256 }, (_, number) => {
  const { name, printed } = protocolOf(number);
  return printed ? name : 'unknown';
});
/** Whether a protocol's tuples have ports. */
export const HAS_PORTS: readonly boolean[] = Array.from(
  { length: 256 },
  (_, number) => protocolOf(number).kind === 'ports',
);
export const ICMP = 1;
export const ICMPV6 = 58;
export const GRE = 47;

const states = new Map<number, Piece[]>();

/** A state's name by protocol and number. */
export function statePiece(protonum: number, state: number): Piece {
  let pieces = states.get(protonum);
  if (pieces === undefined) {
    pieces = statesOf(protonum).map(piece);
    states.set(protonum, pieces);
  }
  return pieces[state] ?? piece(stateName(protonum, state));
}
