import type { Command } from 'commander';
import { isVerb, VERBS } from '../grammar/names.js';
import { EXIT_NOTES } from '../grammar/notes.js';
import { GROUPS } from '../grammar/verb.js';
import { DEFINITIONS } from '../grammar/verbs/index.js';
import { escaped, item, section, verbatim } from './roff.js';

const VARIABLES: readonly (readonly [name: string, what: string])[] = [
  ['CTCTL_SOURCE, CTCTL_NETNS', 'set --source and --netns'],
  ['CTCTL_SERVER, CTCTL_CONTEXT', 'set --server and --context'],
  ['CTCTL_TOKEN_FILE, CTCTL_TOKEN', 'the file with the token for a server, or the token itself'],
  [
    'CTCTL_CLIENT_CONFIG',
    'the file with the contexts; default: conntrack/config.yaml in $XDG_CONFIG_HOME or ~/.config',
  ],
  ['NO_COLOR', 'no colors, if it is not empty'],
  ['CONNTRACK_DEBUG', 'errors show their stack'],
];

const head = (name: string, version: string): string =>
  `.TH ${escaped(name.toUpperCase())} 1 "" ${escaped(`"ctctl ${version}"`)} "User Commands"\n`;
const names = (name: string, what: string): string =>
  section('NAME', `${escaped(name)} \\- ${escaped(what[0]!.toLowerCase() + what.slice(1))}`);
const environment = (): string => section('ENVIRONMENT', VARIABLES.map(([name, what]) => item(name, what)).join('\n'));
const exit = (): string => section('EXIT STATUS', verbatim(EXIT_NOTES.trim().split('\n').slice(1)));
const links = (pages: readonly string[]): string =>
  section('SEE ALSO', pages.map(page => `.BR ${escaped(page)} (${page === 'conntrack' ? 8 : 1})`).join(',\n'));

/** The options of a command by their headings. */
function optionsOf(command: Command): string {
  const groups = new Map<string, string[]>();
  for (const { flags, description, helpGroupHeading = 'Options:' } of command.options) {
    const items = groups.get(helpGroupHeading) ?? [];
    groups.set(helpGroupHeading, [...items, item(flags, description)]);
  }
  return [...groups]
    .map(([heading, items]) => section(heading.replace(/:$/, '').toUpperCase(), items.join('\n')))
    .join('');
}

/** The page of a verb: `man ctctl-list`. @param command the verb's whole grammar */
export function verbPage(command: Command, version: string): string {
  const name = command.name();
  if (!isVerb(name)) throw new Error(`${name} is not a verb`);
  const { usage, summary, examples, notes, table } = DEFINITIONS[name];
  return (
    head(`ctctl-${name}`, version) +
    names(`ctctl-${name}`, summary) +
    section('SYNOPSIS', `.B ctctl ${escaped(name)}\n[options] ${escaped(usage.slice(name.length + 1))}`.trimEnd()) +
    section(
      'DESCRIPTION',
      `${escaped(summary)}.${notes === undefined ? '' : `\n${verbatim(notes.trim().split('\n'))}`}`,
    ) +
    optionsOf(command) +
    section('EXAMPLES', verbatim(examples)) +
    (table ? environment() : '') +
    exit() +
    links(['ctctl', 'conntrack'])
  );
}

/** The page of the program: `man ctctl`. */
export function programPage(root: Command, version: string): string {
  const groups = Object.entries(GROUPS).map(([group, heading]) => {
    const verbs = VERBS.filter(verb => DEFINITIONS[verb].group === group);
    return verbs.length === 0
      ? ''
      : `.SS ${escaped(heading)}\n${verbs.map(verb => item(`ctctl ${DEFINITIONS[verb].usage}`, DEFINITIONS[verb].summary)).join('\n')}\n`;
  });
  return (
    head('ctctl', version) +
    names('ctctl', root.description()) +
    section('SYNOPSIS', '.B ctctl\ncommand [options] [words]') +
    section(
      'DESCRIPTION',
      `${escaped(root.description())}.\nEach command has a page of its own: man ctctl\\-list. With the options of conntrack(8), for example ctctl \\-L, ctctl behaves like that program.`,
    ) +
    section('COMMANDS', groups.join('')) +
    environment() +
    exit() +
    links([...VERBS.map(verb => `ctctl-${verb}`), 'conntrack'])
  );
}
