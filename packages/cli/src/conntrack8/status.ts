import { STATUS } from '@conntrack/flow';
import type { StatusWords } from './request.js';
import { STATUS_WORDS, wordOf } from './words.js';

/** Reads `-u`: bits that are set, `!BIT` and UNREPLIED for bits that are not. @throws ParameterError */
export function statusWords(text: string, warn: (line: string) => void): StatusWords {
  const status: StatusWords = { set: 0, clear: 0 };
  for (let rest: string | undefined = text; rest !== undefined; ) {
    const comma: number = rest.indexOf(',');
    const item: string = comma < 0 ? rest : rest.slice(0, comma);
    if (item === 'UNREPLIED') status.clear |= STATUS.SEEN_REPLY;
    else {
      const negated = item.startsWith('!');
      const word = wordOf(negated ? item.slice(1) : item, negated ? rest.slice(1) : rest, STATUS_WORDS, warn);
      // UNSET is what `-o save` writes for no bit at all.
      if (word !== undefined && word !== 'UNSET') status[negated ? 'clear' : 'set'] |= STATUS[word];
    }
    rest = comma < 0 ? undefined : rest.slice(comma + 1);
  }
  return status;
}
