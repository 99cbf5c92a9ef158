import type { Command } from 'commander';
import { UsageError } from '../process/usage-error.js';

/** How a text becomes a value. */
type Kind = 'text' | 'list' | 'switch' | 'number';

/** One setting of the server that has a flag and a variable; its place in a configuration file is `path`. */
interface Setting {
  readonly path: readonly string[];
  /** As commander has it. */
  readonly flag: string;
  readonly kind: Kind;
  readonly help: string;
  /** The command has the flag from elsewhere, as all commands about tables have. */
  readonly common?: true;
}

/** What can be said on the command line and in the environment. A file can say more: scopes of a socket, TLS of one address, clients. */
export const SETTINGS: readonly Setting[] = [
  { path: ['source'], flag: '--source <source>', kind: 'text', help: 'where the table comes from', common: true },
  { path: ['netns'], flag: '--netns <name>', kind: 'text', help: 'kernel: another network namespace', common: true },
  {
    path: ['listen'],
    flag: '--listen <address>',
    kind: 'list',
    help: 'HOST:PORT, [IPV6]:PORT, unix:/PATH, fd:N, systemd; may be repeated (127.0.0.1:4680 unless told)',
  },
  {
    path: ['anonymous'],
    flag: '--anonymous <scope>',
    kind: 'text',
    help: 'what needs no token: none (unless told), or read, on loopback only',
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
    help: 'hashed tokens themselves: the list that a file of tokens has, in YAML or JSON',
  },
  {
    path: ['protect'],
    flag: '--protect <filter>',
    kind: 'list',
    help: 'flows that no change touches; may be repeated',
  },
  { path: ['readOnly'], flag: '--read-only', kind: 'switch', help: 'changes do not exist' },
  {
    path: ['hosts'],
    flag: '--host <name>',
    kind: 'list',
    help: 'one more name that requests may call this server by; may be repeated',
  },
  {
    path: ['basePath'],
    flag: '--base-path <path>',
    kind: 'text',
    help: 'what a proxy puts in front of every path (/ct): links, documents and pages then have it',
  },
  {
    path: ['origins'],
    flag: '--origin <origin>',
    kind: 'list',
    help: 'an origin (https://noc.example) whose web pages may use the API; may be repeated',
  },
  {
    path: ['trustedProxies'],
    flag: '--trusted-proxy <address>',
    kind: 'list',
    help: 'a reverse proxy whose X-Forwarded-For is believed: address, prefix or unix; may be repeated',
  },
  {
    path: ['namespaces'],
    flag: '--also-netns <name>',
    kind: 'list',
    help: 'one more network namespace, served below /netns/NAME; may be repeated',
  },
  {
    path: ['tls', 'cert'],
    flag: '--tls-cert <file>',
    kind: 'text',
    help: 'TLS on HOST:PORT addresses: the certificate, PEM',
  },
  { path: ['tls', 'key'], flag: '--tls-key <file>', kind: 'text', help: 'its key, PEM' },
  {
    path: ['tls', 'clientCa'],
    flag: '--tls-client-ca <file>',
    kind: 'text',
    help: 'clients show a certificate of this authority',
  },
  { path: ['socketMode'], flag: '--socket-mode <mode>', kind: 'text', help: 'mode of unix sockets (0600 unless told)' },
  {
    path: ['limits', 'maxAffected'],
    flag: '--max-affected <count>',
    kind: 'number',
    help: 'the most flows that one change may ask to touch',
  },
  {
    path: ['limits', 'connections'],
    flag: '--connections <count>',
    kind: 'number',
    help: 'connections to one address at once',
  },
  {
    path: ['timeouts', 'grace'],
    flag: '--grace <seconds>',
    kind: 'number',
    help: 'for requests under way when it stops (5 unless told)',
  },
  {
    path: ['events', 'listen'],
    flag: '--listen-events <when>',
    kind: 'text',
    help: 'when to listen to the events of the table: demand (default: while somebody watches) or start (always)',
  },
  {
    path: ['audit'],
    flag: '--audit <file>',
    kind: 'text',
    help: 'where audit lines go: a file, or stderr (unless told)',
  },
  {
    path: ['auditRequired'],
    flag: '--audit-required',
    kind: 'switch',
    help: 'make no change whose audit lines cannot be written',
  },
  { path: ['node'], flag: '--node <name>', kind: 'text', help: "the server's name in /version (default: the host's)" },
  { path: ['log', 'access'], flag: '--access-log', kind: 'switch', help: 'log each request' },
  { path: ['log', 'format'], flag: '--log-format <format>', kind: 'text', help: 'json (unless told) or text' },
];

/** `--read-only <x>`: the long name, without dashes and argument. */
const longName = ({ flag }: Setting): string => flag.slice(2).split(' ')[0]!;
const optionName = (setting: Setting): string =>
  longName(setting).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
/** `--listen` is `CTCTL_LISTEN`. */
const variableOf = (setting: Setting): string => `CTCTL_${longName(setting).replaceAll('-', '_').toUpperCase()}`;

/** The variable that stands for an option, by the option's long name without dashes; `undefined` where none does. */
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

/** A configuration as it was said, where each of its settings was said, for the faults in it. */
export interface Layer {
  value: Record<string, unknown>;
  where(path: readonly PropertyKey[]): string;
  names(path: readonly PropertyKey[]): boolean;
}

const READ: Readonly<Record<Kind, (text: string, where: string) => unknown>> = {
  text: text => text,
  // A filter has commas and semicolons of its own: lines, then.
  list: text =>
    text
      .split(/\n/)
      .map(line => line.trim())
      .filter(line => line !== ''),
  switch: (text, where) => {
    if (/^(1|true|yes|on)$/i.test(text)) return true;
    if (/^(0|false|no|off)$/i.test(text)) return false;
    throw new UsageError(`${where}: '${text}' is neither true nor false`);
  },
  // What is no number stays what it is: the schema says what is expected.
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

/** What the flags say. */
export function flagLayer(options: Readonly<Record<string, unknown>>): Layer {
  return layerOf(
    SETTINGS.flatMap(setting => {
      const value = options[optionName(setting)];
      const where = `--${longName(setting)}`;
      if (value === undefined) return [];
      return [{ setting, value: setting.kind === 'number' ? READ.number(String(value), where) : value, where }];
    }),
  );
}

/** What the environment says; a variable that is empty says nothing. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): Layer {
  return layerOf(
    SETTINGS.flatMap(setting => {
      const where = variableOf(setting);
      const text = env[where];
      return text === undefined || text === '' ? [] : [{ setting, value: READ[setting.kind](text, where), where }];
    }),
  );
}

/** The variables, with what each is for. */
export const VARIABLES: readonly (readonly [string, string])[] = SETTINGS.map(setting => [
  variableOf(setting),
  setting.help,
]);
