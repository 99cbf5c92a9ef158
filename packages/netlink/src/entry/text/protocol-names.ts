import { protocolOf, stateName, statesOf } from '@conntrack/flow';
import { type FixedText, fixedText } from './fixed-text.js';

const ofEach = <T>(of: (protonum: number) => T): readonly T[] => Array.from({ length: 256 }, (_, number) => of(number));

/** The name that conntrack(8) prints for each protocol. It knows eight of them. */
export const PRINTED = ofEach(number => {
  const { name, printed } = protocolOf(number);
  return printed ? name : 'unknown';
});

/** The names of states by protocol and number, for protocols with states. */
export const STATES = ofEach((number): readonly FixedText[] => statesOf(number).map(fixedText));

/** Returns the name of a state by protocol and number; a number without a name as digits. */
export const stateText = (protonum: number, state: number): FixedText =>
  STATES[protonum]?.[state] ?? fixedText(stateName(protonum, state));

/** Whether conntrack(8)'s XML would name a protocol's states by TCP's table. Our XML uses the protocol's own table, and marks the element. */
export const FOREIGN = ofEach(number => number !== 6 && statesOf(number).length > 0);
