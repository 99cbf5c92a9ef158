import { STATUS } from '@conntrack/flow';
import type { StatusWords } from './request.js';
import { items, STATUS_WORDS, wordOf } from './words.js';

/** Bits that `-o save` writes; it writes UNSET where there is none of them. */
const SAVED = STATUS.SEEN_REPLY | STATUS.ASSURED | STATUS.FIXED_TIMEOUT | STATUS.EXPECTED;

/** Reads `-u`: bits that are set, `!BIT` and UNREPLIED for bits that are not, UNSET alone for none that `-o save` writes. @throws ParameterError */
export function statusWords(text: string, warn: (line: string) => void): StatusWords {
  const status: StatusWords = { set: 0, clear: 0 };
  let unset = false;
  for (const { item, rest } of items(text)) {
    if (item === 'UNREPLIED') status.clear |= STATUS.SEEN_REPLY;
    else {
      const negated = item.startsWith('!');
      const word = wordOf(negated ? item.slice(1) : item, negated ? rest.slice(1) : rest, STATUS_WORDS, warn);
      if (word === 'UNSET') unset = true;
      else if (word !== undefined) status[negated ? 'clear' : 'set'] |= STATUS[word];
    }
  }
  return unset && (status.set | status.clear) === 0 ? { set: 0, clear: SAVED } : status;
}
