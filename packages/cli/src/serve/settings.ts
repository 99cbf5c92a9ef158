import type { Command } from 'commander';
import { UsageError } from '../process/usage-error.js';

/** How text is converted to a value. */
type Kind = 'text' | 'list' | 'switch' | 'number';

/** A setting of the server with a flag and a variable. `path` is its place in a configuration file. */
interface Setting {
  readonly path: readonly string[];
  /** The flag as commander writes it. */
  readonly flag: string;
  readonly kind: Kind;
  readonly help: string;
  /** Whether the flag already exists, because all commands about tables have it. */
  readonly common?: true;
}

/** The settings for command line and environment. A file has more: scopes of a socket, TLS of one address, clients. */
export const SETTINGS: readonly Setting[] = [
  { path: ['source'], flag: '--source <source>', kind: 'text', help: 'source of the table', common: true },
  { path: ['netns'], flag: '--netns <name>', kind: 'text', help: 'kernel: another network namespace', common: true },
  {
    path: ['listen'],
    flag: '--listen <address>',
    kind: 'list',
    help: 'HOST:PORT, [IPV6]:PORT, unix:/PATH, fd:N, systemd; can be repeated (default: 127.0.0.1:4680)',
  },
  {
    path: ['anonymous'],
    flag: '--anonymous <scope>',
    kind: 'text',
    help: 'what is allowed without a token: none (default), or read (loopback only)',
  },
  {
    path: ['tokens'],
    flag: '--tokens <path>',
    kind: 'text',
    help: 'a file of hashed tokens, or a folder of such files',
  },
  {
    path: ['tokenList'],
    flag: '--token-list <yaml>',
    kind: 'text',
    help: 'a list of hashed tokens, in YAML or JSON, as in a token file',
  },
  {
    path: ['protect'],
    flag: '--protect <filter>',
    kind: 'list',
    help: 'flows that cannot be changed; can be repeated',
  },
  {
    path: ['index'],
    flag: '--index',
    kind: 'switch',
    help: "kernel: keep a current copy of the table in memory and answer from it; changes still use the kernel's table",
  },
  {
    path: ['history', 'folder'],
    flag: '--history <folder>',
    kind: 'text',
    help: 'record ended flows into a folder, and answer questions about the past at /history; needs --history-days and --history-bytes',
  },
  {
    path: ['history', 'days'],
    flag: '--history-days <count>',
    kind: 'number',
    help: 'history: days after which flows are deleted',
  },
  {
    path: ['history', 'bytes'],
    flag: '--history-bytes <count>',
    kind: 'number',
    help: 'history: maximum size of the folder',
  },
  {
    path: ['history', 'nat'],
    flag: '--history-nat',
    kind: 'switch',
    help: 'history: also record when a translated flow begins',
  },
  {
    path: ['history', 'fields'],
    flag: '--history-field <field>',
    kind: 'list',
    help: 'history: keep only this field; can be repeated (default: all)',
  },
  { path: ['readOnly'], flag: '--read-only', kind: 'switch', help: 'disable all changes' },
  { path: ['console'], flag: '--no-console', kind: 'switch', help: 'give browsers the text at /, not the web console' },
  {
    path: ['hosts'],
    flag: '--host <name>',
    kind: 'list',
    help: 'another host name of this server; can be repeated',
  },
  {
    path: ['basePath'],
    flag: '--base-path <path>',
    kind: 'text',
    help: 'the path prefix of a proxy (/ct): links, documents and pages then contain it',
  },
  {
    path: ['origins'],
    flag: '--origin <origin>',
    kind: 'list',
    help: 'an origin (https://noc.example) whose web pages can use the API; can be repeated',
  },
  {
    path: ['trustedProxies'],
    flag: '--trusted-proxy <address>',
    kind: 'list',
    help: 'a reverse proxy whose X-Forwarded-For is trusted: address, prefix or unix; can be repeated',
  },
  {
    path: ['namespaces'],
    flag: '--also-netns <name>',
    kind: 'list',
    help: 'another network namespace, served below /netns/NAME; can be repeated',
  },
  {
    path: ['tls', 'cert'],
    flag: '--tls-cert <file>',
    kind: 'text',
    help: 'TLS for HOST:PORT addresses: the certificate (PEM)',
  },
  {
    path: ['tls', 'key'],
    flag: '--tls-key <file>',
    kind: 'text',
    help: 'TLS: the private key of the certificate (PEM)',
  },
  {
    path: ['tls', 'clientCa'],
    flag: '--tls-client-ca <file>',
    kind: 'text',
    help: 'TLS: require client certificates signed by this CA',
  },
  { path: ['socketMode'], flag: '--socket-mode <mode>', kind: 'text', help: 'mode of unix sockets (default: 0600)' },
  {
    path: ['limits', 'maxAffected'],
    flag: '--max-affected <count>',
    kind: 'number',
    help: 'maximum number of flows for one change',
  },
  {
    path: ['limits', 'connections'],
    flag: '--connections <count>',
    kind: 'number',
    help: 'maximum number of connections to one address',
  },
  {
    path: ['timeouts', 'grace'],
    flag: '--grace <seconds>',
    kind: 'number',
    help: 'seconds for running requests at shutdown (default: 5)',
  },
  {
    path: ['events', 'listen'],
    flag: '--listen-events <when>',
    kind: 'text',
    help: 'when to listen to kernel events: demand (default; while a client watches) or start (always)',
  },
  {
    path: ['audit'],
    flag: '--audit <file>',
    kind: 'text',
    help: 'the audit log: a file, or stderr (default)',
  },
  {
    path: ['auditRequired'],
    flag: '--audit-required',
    kind: 'switch',
    help: 'refuse changes while the audit log cannot be written',
  },
  {
    path: ['node'],
    flag: '--node <name>',
    kind: 'text',
    help: "the server's name in /version and in its fleet (default: the host's name)",
  },
  {
    path: ['fleet', 'url'],
    flag: '--fleet <url>',
    kind: 'text',
    help: 'make this host a node of a fleet: nats://HOST:4222/FLEET, or tls://…',
  },
  {
    path: ['fleet', 'credentials'],
    flag: '--fleet-creds <file>',
    kind: 'text',
    help: "fleet: the credentials for the broker, of 'nsc' or the seed of an nkey",
  },
  {
    path: ['fleet', 'ca'],
    flag: '--fleet-ca <file>',
    kind: 'text',
    help: "fleet: the CA of the broker's certificate (PEM)",
  },
  {
    path: ['fleet', 'tags'],
    flag: '--tag <tag>',
    kind: 'list',
    help: 'fleet: a word by which several nodes can be asked together; can be repeated',
  },
  {
    path: ['ipfix'],
    flag: '--ipfix <url>',
    kind: 'list',
    help: 'an IPFIX collector (udp://HOST:PORT or tcp://HOST:PORT) for ended flows and NAT sessions; can be repeated',
  },
  {
    path: ['ndjson'],
    flag: '--ndjson <folder>',
    kind: 'text',
    help: 'a folder for NDJSON files of ended flows and NAT mappings',
  },
  { path: ['log', 'access'], flag: '--access-log', kind: 'switch', help: 'log each request' },
  { path: ['log', 'format'], flag: '--log-format <format>', kind: 'text', help: 'json (default) or text' },
];

/** The long name of the flag `--read-only <x>`, without dashes and argument. */
const longName = ({ flag }: Setting): string => flag.slice(2).split(' ')[0]!;
/** Whether the flag turns something off: `--no-console`. Commander calls its option `console`, and sets it to true without the flag. */
const turnsOff = (setting: Setting): boolean => longName(setting).startsWith('no-');
const optionName = (setting: Setting): string =>
  longName(setting)
    .replace(/^no-/, '')
    .replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
/** How the variable of an option is named: `CTCTL_LISTEN` for `listen`. */
export const variableNamed = (option: string): string => `CTCTL_${option.replaceAll('-', '_').toUpperCase()}`;
const variableOf = (setting: Setting): string => variableNamed(longName(setting));

/** The variable of an option, by the option's long name without dashes. `undefined` if it has none. */
export function variableFor(option: string): string | undefined {
  const setting = SETTINGS.find(each => longName(each) === option);
  return setting && variableOf(setting);
}

/** Adds the flags to a command. */
export function withSettings(command: Command): Command {
  for (const { flag, kind, help, common } of SETTINGS)
    if (common) continue;
    else if (kind === 'list') command.option(flag, help, (text: string, all: string[] = []) => [...all, text]);
    else command.option(flag, help);
  return command;
}

/** Settings from one origin, and where each was given, for its faults. */
export interface Layer {
  value: Record<string, unknown>;
  where(path: readonly PropertyKey[]): string;
  names(path: readonly PropertyKey[]): boolean;
}

const READ: Readonly<Record<Kind, (text: string, where: string) => unknown>> = {
  text: text => text,
  // One value per line, because filters contain commas and semicolons.
  list: text =>
    text
      .split(/\n/)
      .map(line => line.trim())
      .filter(line => line !== ''),
  switch: (text, where) => {
    if (/^(1|true|yes|on)$/i.test(text)) return true;
    if (/^(0|false|no|off)$/i.test(text)) return false;
    throw new UsageError(`${where}: must be true or false, got '${text}'`);
  },
  // Other text is passed on: the schema reports what is expected.
  number: text => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)),
};

function layerOf(said: readonly { setting: Setting; value: unknown; where: string }[]): Layer {
  const value: Record<string, unknown> = {};
  const places = new Map<string, string>();
  for (const { setting, value: each, where } of said) {
    const [first, second] = setting.path as [string, string?];
    if (second === undefined) value[first] = each;
    else value[first] = { ...(value[first] as object | undefined), [second]: each };
    places.set(setting.path.join('.'), where);
  }
  return {
    value,
    where: path => {
      const [first] = path;
      const near = [...places].find(([name]) => name === first || name.startsWith(`${String(first)}.`));
      return places.get(path.slice(0, 2).join('.')) ?? near?.[1] ?? '';
    },
    names: path => places.has(path.filter(part => typeof part !== 'number').join('.')),
  };
}

/** The settings from flags. */
export function flagLayer(options: Readonly<Record<string, unknown>>): Layer {
  return layerOf(
    SETTINGS.flatMap(setting => {
      const value = options[optionName(setting)];
      const where = `--${longName(setting)}`;
      if (value === undefined || (turnsOff(setting) && value === true)) return [];
      return [{ setting, value: setting.kind === 'number' ? READ.number(String(value), where) : value, where }];
    }),
  );
}

/** The settings from environment variables. An empty variable is ignored. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): Layer {
  return layerOf(
    SETTINGS.flatMap(setting => {
      const where = variableOf(setting);
      const text = env[where];
      if (text === undefined || text === '') return [];
      const value = READ[setting.kind](text, where);
      return [{ setting, value: turnsOff(setting) ? !value : value, where }];
    }),
  );
}

/** The variables with their descriptions. */
export const VARIABLES: readonly (readonly [string, string])[] = SETTINGS.map(setting => [
  variableOf(setting),
  setting.help,
]);
