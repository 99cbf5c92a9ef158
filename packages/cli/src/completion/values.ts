import { readdirSync } from 'node:fs';
import { COLUMNS } from '@conntrack/flow/columns';
import { TOP_FIELDS } from '@conntrack/table';
import { FILTER_OPTIONS, nameOf } from '../options/filter-options.js';
import { OUTPUT_NAMES } from '../output/formats.js';
import type { Io } from '../process/io.js';
import { LOCAL, readContexts } from '../source/server/contexts.js';
import { type Candidates, inList, plain } from './candidate.js';
import { fieldValues } from './filters.js';

/** What the values of an option depend on. */
export interface ValueOptions {
  readonly io: Pick<Io, 'env'>;
  readonly verb: string;
  /** The value so far. */
  readonly current: string;
}

type Values = (options: ValueOptions) => Candidates | Promise<Candidates>;

const words =
  (...values: readonly string[]): Values =>
  () =>
    plain(values);
const list =
  (values: () => readonly string[]): Values =>
  ({ current }) =>
    inList(current, plain(values()));
const files: Values = () => 'files';

/** The names of network namespaces that `ip netns` shows. */
function namespaces(): readonly string[] {
  try {
    return readdirSync('/run/netns');
  } catch {
    return [];
  }
}

/** The names of contexts. A file with faults has none, because completion prints no errors. */
export const contextNames: Values = async ({ io }) =>
  readContexts(io.env).then(
    ({ contexts }) => plain([LOCAL, ...contexts.keys()]),
    () => plain([LOCAL]),
  );

const columns = list(() => COLUMNS.map(({ name }) => name));
const source: Values = ({ current }) => {
  const kind = /^(file|memory):/.exec(current);
  return kind === null ? plain(['kernel', 'procfs', 'auto', 'file:', 'memory', 'memory:']) : 'files';
};

/** The values of options by `verb option`, or by the option's long name. */
const VALUES: Readonly<Record<string, Values>> = {
  source,
  netns: () => plain(namespaces()),
  context: contextNames,
  'token-file': files,
  server: ({ current }) => (current.startsWith('unix:') ? 'files' : plain(['http://', 'https://', 'unix:'])),
  color: words('auto', 'always', 'never'),
  output: words(...OUTPUT_NAMES),
  'list output': words('table', 'wide', 'name', ...OUTPUT_NAMES),
  'lookup output': words('table', 'wide', 'name', ...OUTPUT_NAMES),
  'get output': words('block', ...OUTPUT_NAMES),
  'watch output': words('table', 'text', 'ndjson'),
  'count output': words('table', 'json', 'csv'),
  'top output': words('text', 'json', 'ndjson'),
  'explain output': words('text', 'json'),
  'fields output': words('text', 'json'),
  'stats output': words('text', 'json'),
  'doctor output': words('text', 'json'),
  'snapshot output': words('ndjson', 'save'),
  'restore output': words('text', 'json'),
  'drain output': words('json'),
  'reconcile output': words('json'),
  'convert to': words(...OUTPUT_NAMES),
  fields: columns,
  sort: columns,
  by: list(() => TOP_FIELDS),
  distinct: list(() => TOP_FIELDS),
  metric: words('flows', 'bytes', 'packets', 'rate', 'distinct'),
  events: list(() => ['new', 'update', 'destroy']),
  file: files,
  keep: files,
  config: files,
  tokens: files,
  'tls-ca': files,
  'tls-cert': files,
  'tls-key': files,
  'tls-client-ca': files,
  anonymous: words('none', 'read'),
  'log-format': words('text', 'json'),
  'listen-events': words('demand', 'start'),
  proto: ({ current }) => fieldValues('proto', current),
  state: ({ current }) => fieldValues('state', current),
  status: ({ current }) => fieldValues('status', current),
  family: words('ipv4', 'ipv6'),
};

/** The candidates of an option's value. */
export async function valuesOf(option: string, options: ValueOptions): Promise<Candidates> {
  const values = VALUES[`${options.verb} ${option}`] ?? VALUES[option];
  if (values !== undefined) return values(options);
  const field = FILTER_OPTIONS.find(({ flags }) => nameOf(flags) === option)?.field;
  return field === undefined ? [] : fieldValues(field, options.current);
}
