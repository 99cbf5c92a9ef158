import { ParameterError } from './errors.js';

/** Bits that `-u` knows, in the order in which a beginning of a name is looked up. UNSET is none of them. */
export const STATUS_WORDS = [
  'ASSURED',
  'SEEN_REPLY',
  'UNSET',
  'FIXED_TIMEOUT',
  'EXPECTED',
  'OFFLOAD',
  'HW_OFFLOAD',
] as const;
export const EVENT_WORDS = ['ALL', 'NEW', 'UPDATES', 'DESTROY'] as const;
export const OUTPUT_WORDS = [
  'xml',
  'extended',
  'timestamp',
  'id',
  'ktimestamp',
  'labels',
  'userspace',
  'save',
] as const;

const NAT_WORDS = ['SRC_NAT', 'DST_NAT'] as const;

const begins = (name: string, text: string): boolean => name.toLowerCase().startsWith(text.toLowerCase());

/**
 * The words of a comma list, each by its beginning. `SRC_NAT` and `DST_NAT`, and what they begin with, were words once: they are passed over
 * with a warning. What is none of them is named with all that follows it, as conntrack(8) has it. @throws ParameterError
 */
export function wordList<Word extends string>(
  text: string,
  words: readonly Word[],
  warn: (line: string) => void,
): Word[] {
  const found: Word[] = [];
  for (let rest: string | undefined = text; rest !== undefined; ) {
    const comma = rest.indexOf(',');
    const word = wordOf(comma < 0 ? rest : rest.slice(0, comma), rest, words, warn);
    if (word !== undefined) found.push(word);
    rest = comma < 0 ? undefined : rest.slice(comma + 1);
  }
  return found;
}

/** One word; `undefined` for one that is passed over. `rest` is what a message names. @throws ParameterError */
export function wordOf<Word extends string>(
  item: string,
  rest: string,
  words: readonly Word[],
  warn: (line: string) => void,
): Word | undefined {
  const nat = item === '' ? undefined : NAT_WORDS.find(name => begins(name, item));
  if (nat !== undefined) {
    warn(`WARNING: ignoring ${nat}, use --${nat.toLowerCase().replace('_', '-')} instead`);
    return undefined;
  }
  const word = item === '' ? undefined : words.find(name => begins(name, item));
  if (word === undefined) throw new ParameterError(`Bad parameter \`${rest}'`);
  return word;
}
