import { ParameterError } from '../errors.js';
import { COMMANDS, type CommandLetter, TABLES } from './commands.js';
import { longsOf, namesOf, OPTIONS, ruleOf, type ValueKind } from './options.js';
import { PROTOCOLS } from './protocols.js';
import { EVENT_WORDS, OUTPUT_WORDS, STATUS_WORDS } from './words.js';

/** The possible values of an option, if there is a list. */
const VALUES: Partial<Record<ValueKind, readonly string[]>> = {
  protocol: PROTOCOLS.map(({ name }) => name),
  family: ['ipv4', 'ipv6'],
  status: [...STATUS_WORDS, 'UNREPLIED'],
  output: OUTPUT_WORDS,
  events: EVENT_WORDS,
};

const shown = OPTIONS.filter(({ kind }) => kind !== 'ignored');
/** Whether a command takes an option with these columns, on any table. */
const takes = (letter: CommandLetter, commands: string): boolean =>
  (['conntrack', 'expect'] as const).some(table => ruleOf(commands, letter, table) !== '.');

function bash(program: string): string {
  const name = `_${program}_conntrack8`;
  const byCommand = COMMANDS.map(({ letter, long }) => {
    const words = shown.filter(({ commands }) => takes(letter, commands)).flatMap(namesOf);
    return `    -${letter}|--${long}) options="${words.join(' ')}" ;;`;
  });
  const values = shown.flatMap(option => {
    const list = option.kind === undefined ? undefined : VALUES[option.kind];
    return list === undefined ? [] : [`    ${namesOf(option).join('|')}) words="${list.join(' ')}" ;;`];
  });
  const protocols = PROTOCOLS.map(({ name: protocol, options }) => {
    return `    ${protocol}) options="$options ${options.flatMap(longsOf).join(' ')}" ;;`;
  });
  const commands = COMMANDS.flatMap(({ letter, long }) => [`-${letter}`, `--${long}`]);
  return `${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" options="" words="" i
  case "$before" in
${values.join('\n')}
    ${COMMANDS.filter(({ tables }) => tables.length > 1)
      .flatMap(({ letter, long }) => [`-${letter}`, `--${long}`])
      .join('|')}) [[ "$current" == -* ]] || words="${TABLES.join(' ')}" ;;
    -R|--load-file|--labelmap) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  if [[ -n "$words" ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); return; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
${byCommand.join('\n')}
    esac
  done
  for ((i = 2; i < COMP_CWORD; i++)); do
    [[ "\${COMP_WORDS[i-1]}" == -p || "\${COMP_WORDS[i-1]}" == --protonum ]] || continue
    case "\${COMP_WORDS[i]}" in
${protocols.join('\n')}
    esac
  done
  [[ -n "$options" ]] || options="${commands.join(' ')} -R --load-file"
  COMPREPLY=($(compgen -W "$options" -- "$current"))
}
complete -F ${name} ${program}
`;
}

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

function fish(program: string): string {
  const commands = COMMANDS.map(
    ({ letter, long, help }) => `complete -c ${program} -s ${letter} -l ${long} -d ${quoted(help)}`,
  );
  const options = shown.map(({ letter, long, aliases = [], argument, kind, help }) => {
    const short = /^[a-z]$/.test(letter) ? ` -s ${letter}` : '';
    const longs = [long, ...aliases].map(name => ` -l ${name}`).join('');
    const list = kind === undefined ? undefined : VALUES[kind];
    const values = list === undefined ? '' : ` -a ${quoted(list.join(' '))}`;
    const files = kind === 'path' ? ' -r' : argument === 'none' ? ' -f' : ' -x';
    return `complete -c ${program}${short}${longs}${files}${values} -d ${quoted(help)}`;
  });
  const own = PROTOCOLS.flatMap(({ name, options: ofProtocol }) =>
    ofProtocol.map(({ long }) => `complete -c ${program} -l ${long} -x -d ${quoted(name)}`),
  );
  return `${[...commands, ...options, ...new Set(own)].join('\n')}\n`;
}

/**
 * A shell script that completes this grammar, generated from the table of options.
 *
 * @throws ParameterError for an unknown shell
 */
export function completion(shell: string, program: string): string {
  if (shell === 'bash') return bash(program);
  if (shell === 'zsh') return `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`;
  if (shell === 'fish') return fish(program);
  throw new ParameterError(`there is no completion for \`${shell}': bash, zsh or fish`);
}
