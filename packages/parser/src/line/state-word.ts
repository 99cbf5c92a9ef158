import { stateName, statesOf } from '@conntrack/flow';
import { STATE_ALIASES } from '@conntrack/flow/codec';

/** Whether a word is a printed state: a name of the protocol, an old kernel's name, or the number of a state without a name. */
export function isState(protonum: number, word: string): boolean {
  const states = statesOf(protonum);
  return (
    states.includes(word) ||
    states.includes(STATE_ALIASES[word] ?? '') ||
    (states.length > 0 && /^\d+$/.test(word) && Number(word) < 256 && stateName(protonum, Number(word)) === word)
  );
}
