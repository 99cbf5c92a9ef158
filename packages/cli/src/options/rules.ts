import type { Command } from 'commander';
import { UsageError } from '../process/usage-error.js';
import { variableFor } from '../serve/settings.js';
import { longName } from './variables.js';

/** Where an option stands: its verb, the table that the verb works on, and what else was said. */
export interface Place {
  readonly verb: string;
  /** `kernel`, `procfs`, `file:…`, `memory`, `memory:…` or `auto`. */
  readonly source: string;
  /** Whether the verb works on one entry, named by its key. */
  readonly byKey: boolean;
  /** The options that were given, by long name without dashes, with their values. */
  readonly given: ReadonlyMap<string, unknown>;
}

/** Why an option would do nothing, or contradict another one; `undefined` where it has its effect. */
type Rule = (place: Place) => string | undefined;

const unless =
  (other: string, why: string): Rule =>
  ({ given }) =>
    given.has(other) ? why : undefined;
const whenHashing = unless('hash', '--hash only hashes the token on standard input');
const withoutKey: Rule = ({ byKey }) => (byKey ? 'a key already identifies the entry' : undefined);
/** What a strict change compares is noted while it looks for its entries. */
const strict: Rule = ({ byKey, given }) => {
  if (byKey) return 'a key contains only tuple and id, and both are always compared';
  return given.has('dry-run') ? 'a dry run changes nothing' : undefined;
};
const ownTable = 'the demo has its own table';

const isFile = (source: string): boolean => /^(file|memory):/.test(source);
const OWN_NAMESPACE = ['kernel', 'auto'];

/** A change of many entries prints no entries: its result can be JSON, and a dry run shows what it found. */
const resultOnly: Rule = ({ byKey, given }) =>
  byKey || given.has('dry-run') || /^(nd)?json$/i.test(String(given.get('output')))
    ? undefined
    : 'a bulk change prints no entries. Use -o json for its result, or --dry-run to list the entries';

/** The rules by option; `verb option` for an option of one verb. What has no rule has its effect wherever the verb takes it. */
const RULES: Readonly<Record<string, Rule>> = {
  source: ({ source, given }) => (given.has('demo') && !OWN_NAMESPACE.includes(source) ? ownTable : undefined),
  netns: ({ source, given }) => {
    if (given.has('demo')) return ownTable;
    if (source === 'procfs')
      return "/proc shows the network namespace of ctctl itself. Use --source kernel, or 'ip netns exec NAME ctctl …'";
    return OWN_NAMESPACE.includes(source)
      ? undefined
      : `the table of '${source}' does not belong to a network namespace`;
  },
  'skip-bad-lines': ({ source, given }) => {
    if (given.has('demo')) return ownTable;
    return source === 'procfs' || isFile(source)
      ? undefined
      : `the table of '${source}' is not read from lines of text`;
  },
  'update output': resultOnly,
  'delete output': resultOnly,
  strict,
  'get reply': withoutKey,
  'get zone': withoutKey,
  'create zone': ({ given }) =>
    given.has('orig-zone') || given.has('reply-zone')
      ? '--zone sets both directions. Use --zone, or --orig-zone and --reply-zone'
      : undefined,
  'token scopes': whenHashing,
  'token filter': whenHashing,
  'token expires': whenHashing,
};

/** Refuses the options that do nothing where they stand. @throws UsageError */
export function checkOptions(place: Place, spelled: (option: string) => string = option => `--${option}`): void {
  for (const option of place.given.keys()) {
    const why = (RULES[`${place.verb} ${option}`] ?? RULES[option])?.(place);
    if (why !== undefined) throw new UsageError(`${spelled(option)} does not apply here: ${why}`);
  }
}

/** Checks the options of a verb as they were parsed. @throws UsageError */
export function checkCommand(command: Command): void {
  const given = new Map<string, unknown>();
  const variables = new Map<string, string>();
  for (const option of command.options) {
    const name = option.attributeName();
    const from = command.getOptionValueSource(name);
    if (from === undefined || from === 'default') continue;
    const long = longName(option);
    given.set(long, command.getOptionValue(name));
    if (from === 'env') variables.set(long, variableFor(long)!);
  }
  const source = String(command.getOptionValue('source'));
  const byKey = command.args[0]?.startsWith('ct1.') === true;
  checkOptions({ verb: command.name(), source, byKey, given }, option => variables.get(option) ?? `--${option}`);
}
