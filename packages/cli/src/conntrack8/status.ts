import { STATUS } from '@conntrack/flow';
import type { StatusWords } from './request.js';
import { STATUS_WORDS, wordList } from './words.js';

/** Reads `-u`: bits that are set, `!BIT` and UNREPLIED for bits that are not. @throws ParameterError */
export function statusWords(text: string, warn: (line: string) => void): StatusWords {
  const status: StatusWords = { set: 0, clear: 0 };
  for (const item of text.split(',')) {
    if (item === 'UNREPLIED') {
      status.clear |= STATUS.SEEN_REPLY;
      continue;
    }
    const negated = item.startsWith('!');
    // UNSET is what `-o save` writes for no bit at all.
    for (const word of wordList(negated ? item.slice(1) : item, STATUS_WORDS, warn))
      if (word !== 'UNSET') status[negated ? 'clear' : 'set'] |= STATUS[word];
  }
  return status;
}
