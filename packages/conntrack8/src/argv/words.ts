import { ParameterError } from '../errors.js';

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
  return [...items(text)].flatMap(({ item, rest }) => wordOf(item, rest, words, warn) ?? []);
}

/** The items of a comma list, each with all that stands from it on. */
export function* items(text: string): Generator<{ item: string; rest: string }> {
  for (let at = 0; at >= 0; ) {
    const comma = text.indexOf(',', at);
    yield { item: text.slice(at, comma < 0 ? undefined : comma), rest: text.slice(at) };
    at = comma < 0 ? -1 : comma + 1;
  }
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
