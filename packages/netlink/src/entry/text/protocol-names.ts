import { protocolOf, stateName, statesOf } from '@conntrack/flow';
import { type FixedText, fixedText } from './fixed-text.js';

const ofEach = <T>(of: (protonum: number) => T): readonly T[] => Array.from({ length: 256 }, (_, number) => of(number));

/** The name that conntrack(8) prints for each protocol: it knows eight. */
export const PRINTED = ofEach(number => {
  const { name, printed } = protocolOf(number);
  return printed ? name : 'unknown';
});

/** The names of states by protocol and number, for the protocols that have states. */
export const STATES = ofEach((number): readonly FixedText[] => statesOf(number).map(fixedText));

/** A state's name by protocol and number; a number without a name in digits. */
export const stateText = (protonum: number, state: number): FixedText =>
  STATES[protonum]?.[state] ?? fixedText(stateName(protonum, state));

/** Whether conntrack(8)'s XML would name a protocol's states by the table of another, TCP's. Ours names them by their own, and marks the element. */
export const FOREIGN = ofEach(number => number !== 6 && statesOf(number).length > 0);
