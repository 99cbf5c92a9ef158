import type { Identity } from '../terminal.js';
import { COMMANDS, type CommandLetter, TABLES } from './commands.js';
import { longsOf, namesOf, OPTIONS, type Option, ruleOf } from './options.js';
import type { Parsed } from './parse.js';
import { PROTOCOLS } from './protocols.js';

const WIDTH = 34;

/** The name of an option's argument. */
const ARGUMENTS: Readonly<Record<NonNullable<Option['kind']>, string>> = {
  address: 'ADDRESS',
  network: 'ADDRESS[/LENGTH]',
  nat: 'ADDRESS[:PORT]',
  protocol: 'PROTOCOL',
  family: 'FAMILY',
  seconds: 'SECONDS',
  status: 'BIT[,BIT]',
  output: 'FORMAT[,FORMAT]',
  events: 'EVENT[,EVENT]',
  mark: 'MARK[/MASK]',
  number: 'NUMBER',
  zone: 'ZONE',
  bytes: 'BYTES',
  labels: 'LABEL[,LABEL]',
  path: 'FILE',
  ignored: 'RANGE',
};

const line = (left: string, right: string): string =>
  `  ${left.length < WIDTH ? left.padEnd(WIDTH) : `${left}\n${''.padEnd(WIDTH + 2)}`}${right}\n`;

function usage(option: Option): string {
  const { argument, kind } = option;
  const text = namesOf(option).join(', ');
  if (argument === 'none' || kind === undefined) return text;
  return argument === 'optional' ? `${text} [${ARGUMENTS[kind]}]` : `${text} ${ARGUMENTS[kind]}`;
}

/** The letters of the commands that take an option. */
const takers = (commands: string): CommandLetter[] =>
  COMMANDS.map(({ letter }) => letter).filter(letter => ruleOf(commands, letter, 'conntrack') !== '.');

/** The text of `-h`, generated from the tables of commands, options and protocols. */
export function helpText(
  { name, version }: Identity,
  { protocol, protocolText }: Pick<Parsed, 'protocol' | 'protocolText'>,
): string {
  let text = `Reads and changes the kernel's connection tracking table. Version ${version}\nUsage: ${name} COMMAND [TABLE] [OPTIONS]\n`;
  text += '\nCommands:\n';
  for (const { letter, long, tables, help } of COMMANDS)
    text += line(`-${letter}, --${long}${tables.length > 1 ? ' [TABLE]' : ''}`, help);
  text += line('-R, --load-file FILE', 'run the command lines of a file, or of standard input (-)');
  text += `\nTables: ${TABLES.join(', ')}\n\nOptions, and the commands that take them:\n`;
  for (const option of OPTIONS) {
    if (option.kind === 'ignored') continue;
    const letters = takers(option.commands);
    text += line(
      usage(option),
      letters.length === 0 ? `${option.help} (expect)` : `${option.help} (-${letters.join(' -')})`,
    );
  }
  text += `\nProtocols with options of their own: ${PROTOCOLS.map(protocol => protocol.name).join(', ')}\n`;
  if (protocolText === undefined) return `${text}Options of one: ${name} -h -p PROTOCOL\n`;
  text += `\nProto \`${protocol?.name ?? protocolText}' help:\n`;
  if (protocol === undefined) return `${text}  no options (unsupported)\n`;
  for (const option of protocol.options) text += `  ${longsOf(option).join(', ')}\n`;
  return text;
}
