import { ParameterError } from '../errors.js';

/** The bits that `-u` accepts, in the order in which an abbreviated name is looked up. UNSET is not among them. */
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
 * Parses a comma-separated list of abbreviated words. `SRC_NAT`, `DST_NAT` and their abbreviations are obsolete: they
 * are skipped with a warning. The message for an unknown word contains all that follows it, as in conntrack(8).
 *
 * @throws ParameterError
 */
export function wordList<Word extends string>(
  text: string,
  words: readonly Word[],
  warn: (line: string) => void,
): Word[] {
  return [...items(text)].flatMap(({ item, rest }) => wordOf(item, rest, words, warn) ?? []);
}

/** The items of a comma-separated list, each with the text from its start to the end of the list. */
export function* items(text: string): Generator<{ item: string; rest: string }> {
  for (let at = 0; at >= 0; ) {
    const comma = text.indexOf(',', at);
    yield { item: text.slice(at, comma < 0 ? undefined : comma), rest: text.slice(at) };
    at = comma < 0 ? -1 : comma + 1;
  }
}

/**
 * Finds a word. Returns `undefined` for one that is skipped. `rest` is the text for messages.
 *
 * @throws ParameterError
 */
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
