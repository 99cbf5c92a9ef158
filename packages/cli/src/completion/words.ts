import { FIELDS } from '@conntrack/filter';
import { FIELD_DOCS } from '@conntrack/filter/docs';
import type { Command, Option } from 'commander';
import { isVerb, VERBS, type VerbName } from '../grammar/names.js';
import { program } from '../grammar/program.js';
import { DEFINITIONS } from '../grammar/verbs/index.js';
import { longName } from '../options/variables.js';
import type { Context } from '../process/context.js';
import { type Candidates, plain } from './candidate.js';
import { filterCandidates } from './filters.js';
import { contextNames, type ValueOptions, valuesOf } from './values.js';

/** Options before the verb that have a value. */
const BEFORE_VERB = ['--source', '--netns', '--server', '--token-file', '--context', '--color'];

const takesValue = (option: Option | undefined): boolean => option?.required === true;
const find = (command: Command, flag: string | undefined): Option | undefined =>
  command.options.find(option => flag !== undefined && (option.short === flag || option.long === flag));

/** The index of the verb in the words before the cursor; −1 if there is none. */
const verbIn = (words: readonly string[]): number =>
  words.findIndex((word, i) => isVerb(word) && !BEFORE_VERB.includes(words[i - 1] ?? ''));

/** What can stand for the last word of a command line without the program's name. */
export async function candidates(context: Context, words: readonly string[]): Promise<Candidates> {
  const { io } = context;
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const at = verbIn(before);
  const verb = at < 0 ? undefined : (before[at] as VerbName);
  // The options that all verbs about a table have can stand before the verb.
  const command = program(context, () => '', { code: 0 }, verb ?? 'list').commands[0]!;
  const options = { io, verb: verb ?? 'list', current };
  const last = find(command, before.at(-1));
  if (takesValue(last)) return valuesOf(longName(last!), options);
  const [, flag, value] = /^(--[\w-]+)=(.*)$/.exec(current) ?? [];
  if (flag !== undefined) return ofFlag(command, flag, { ...options, current: value! });
  if (current.startsWith('-')) return flagsOf(command, verb === undefined);
  if (verb === undefined) return VERBS.map(text => ({ text, detail: DEFINITIONS[text].summary }));
  const positional = before
    .slice(at + 1)
    .filter((word, i, all) => !word.startsWith('-') && !takesValue(find(command, all[i - 1])));
  return argumentsOf(verb, positional, options);
}

/** The candidates of `--option=value`. */
async function ofFlag(command: Command, flag: string, options: ValueOptions): Promise<Candidates> {
  const option = find(command, flag);
  if (option === undefined) return [];
  const values = await valuesOf(longName(option), options);
  return values === 'files' ? values : values.map(({ text, ...rest }) => ({ text: `${flag}=${text}`, ...rest }));
}

const flagsOf = (command: Command, general: boolean): Candidates =>
  command.options
    .filter(option => !general || BEFORE_VERB.includes(option.long!))
    .map(option => ({ text: option.long!, detail: option.description }));

/** The candidates of the words after a verb. */
function argumentsOf(
  verb: VerbName,
  [first]: readonly string[],
  options: ValueOptions,
): Candidates | Promise<Candidates> {
  if (DEFINITIONS[verb].filters) return filterCandidates(options.current);
  if (verb === 'fields' && first === undefined)
    return FIELDS.map(({ name }) => ({ text: name, detail: FIELD_DOCS[name].summary }));
  if (verb === 'completion' && first === undefined) return plain(['bash', 'zsh', 'fish']);
  if (verb === 'config') {
    if (first === undefined) return plain(['get-contexts', 'set-context', 'use-context', 'delete-context', 'view']);
    return /^(use|set|delete)-context$/.test(first) ? contextNames(options) : [];
  }
  return verb === 'restore' || verb === 'convert' ? 'files' : [];
}
