import { looksLikeKey } from '@conntrack/flow';
import type { Command } from 'commander';
import { UsageError } from '../process/usage-error.js';
import { variableFor } from '../serve/settings.js';
import { longName } from './variables.js';

/** The context of an option: its verb, the source, and the other options. */
export interface Place {
  readonly verb: string;
  /** `kernel`, `procfs`, `file:…`, `memory`, `memory:…` or `auto`. */
  readonly source: string;
  /** Whether the verb works on one entry with a key. */
  readonly byKey: boolean;
  /** The given options with their values, by long name without dashes. */
  readonly given: ReadonlyMap<string, unknown>;
}

/** Returns why an option would have no effect, or contradict another one. Returns `undefined` if it has an effect. */
type Rule = (place: Place) => string | undefined;

const unless =
  (other: string, why: string): Rule =>
  ({ given }) =>
    given.has(other) ? why : undefined;
const whenHashing = unless('hash', '--hash only hashes the token on standard input');
const withoutKey: Rule = ({ byKey }) => (byKey ? 'a key already identifies the entry' : undefined);
/** Whether a change prints each entry. Its result can be JSON instead. */
const printsEntries = ({ given }: Place): boolean =>
  given.has('show') || (given.has('output') && !/^json$/i.test(String(given.get('output'))));
/** A strict change compares entries with what its scan found. */
const strict: Rule = place => {
  if (place.byKey) return 'a key contains only tuple and id, and both are always compared';
  if (place.given.has('dry-run')) return 'a dry run changes nothing';
  return printsEntries(place)
    ? 'entries that are printed are changed one by one, and compared by id and both tuples. Remove --show or --output'
    : undefined;
};
const show: Rule = ({ given }) => {
  if (given.has('dry-run')) return 'a dry run shows the entries anyway';
  return /^json$/i.test(String(given.get('output')))
    ? '-o json prints the result. To print the entries as JSON, use -o ndjson alone'
    : undefined;
};
const asking = unless('dry-run', 'a dry run changes nothing, and so it does not ask');
const withBy: Rule = ({ given }) => (given.has('by') ? undefined : 'without --by, count prints one number');
const ownTable = 'the demo has its own table';
const isRemote = ({ given }: Place): boolean => given.has('server') || given.has('context');
const serversTable = '--server and --context choose the table';
const fleetsTable = '--fleet-file chooses the tables';
const withFleetFile: Rule = ({ given }) => (given.has('fleet-file') ? undefined : 'it needs --fleet-file');
/** Options that choose another table than the fleet. */
const notOfFleet =
  (rule: Rule): Rule =>
  place =>
    place.given.has('fleet-file') ? fleetsTable : rule(place);

const isFile = (source: string): boolean => /^(file|memory):/.test(source);
const OWN_NAMESPACE = ['kernel', 'auto'];

/** The rules by option, or by `verb option`. An option without a rule always has an effect. */
const RULES: Readonly<Record<string, Rule>> = {
  source: notOfFleet(place => {
    if (isRemote(place)) return serversTable;
    return place.given.has('demo') && !OWN_NAMESPACE.includes(place.source) ? ownTable : undefined;
  }),
  server: notOfFleet(() => undefined),
  'token-file': notOfFleet(() => undefined),
  context: notOfFleet(unless('server', '--server already names the server')),
  'fleet-file': ({ given }) => (given.has('demo') ? ownTable : undefined),
  tag: withFleetFile,
  // The tag of this host in the fleet that it joins.
  'serve tag': () => undefined,
  deadline: withFleetFile,
  'allow-missing': withFleetFile,
  first: withFleetFile,
  'max-per-node': withFleetFile,
  netns: notOfFleet(place => {
    const { source, given } = place;
    if (given.has('demo')) return ownTable;
    if (isRemote(place)) return undefined;
    if (source === 'procfs')
      return "/proc shows the network namespace of ctctl itself. Use --source kernel, or 'ip netns exec NAME ctctl …'";
    return OWN_NAMESPACE.includes(source)
      ? undefined
      : `the table of '${source}' does not belong to a network namespace`;
  }),
  'skip-bad-lines': notOfFleet(place => {
    const { source, given } = place;
    if (given.has('demo')) return ownTable;
    if (isRemote(place)) return serversTable;
    return source === 'procfs' || isFile(source)
      ? undefined
      : `the table of '${source}' is not read from lines of text`;
  }),
  index: place => {
    const { source, given } = place;
    if (given.has('demo')) return ownTable;
    if (given.has('fleet-file')) return fleetsTable;
    if (isRemote(place)) return serversTable;
    return OWN_NAMESPACE.includes(source) ? undefined : "only the kernel's table can have an index";
  },
  // The namespace of the server.
  'config netns': () => undefined,
  strict,
  show,
  'update yes': asking,
  'delete yes': asking,
  'drain yes': asking,
  'reconcile yes': asking,
  'restore skip-bad-lines': () => undefined,
  'convert skip-bad-lines': () => undefined,
  'count limit': withBy,
  'count output': withBy,
  'top interval': ({ given }) =>
    ['metric', 'distinct', 'limit', 'output'].some(option => given.has(option))
      ? 'one ranking is printed. The live view has no --metric, --distinct, --limit and --output'
      : undefined,
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

/** Rejects options that have no effect. @throws UsageError */
export function checkOptions(place: Place, spelled: (option: string) => string = option => `--${option}`): void {
  for (const option of place.given.keys()) {
    const why = (RULES[`${place.verb} ${option}`] ?? RULES[option])?.(place);
    if (why !== undefined) throw new UsageError(`${spelled(option)} does not apply here: ${why}`);
  }
}

/** Checks the parsed options of a verb. @throws UsageError */
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
  const source = String(command.getOptionValue('source') ?? 'kernel');
  const [first = ''] = command.args;
  const byKey = looksLikeKey(first) || first === '-';
  checkOptions({ verb: command.name(), source, byKey, given }, option => variables.get(option) ?? `--${option}`);
}
