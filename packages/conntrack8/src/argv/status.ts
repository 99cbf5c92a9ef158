import { STATUS } from '@conntrack/flow';
import type { StatusWords } from './request.js';
import { items, STATUS_WORDS, wordOf } from './words.js';

/** The bits that `-o save` writes. It writes UNSET if none of them is set. */
const SAVED = STATUS.SEEN_REPLY | STATUS.ASSURED | STATUS.FIXED_TIMEOUT | STATUS.EXPECTED;

/**
 * Parses `-u`: bits that must be set, and `!BIT` or UNREPLIED for bits that must not be set. UNSET alone means: none of
 * the bits that `-o save` writes.
 *
 * @throws ParameterError
 */
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
