import type { Io } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { type Colors, colorsOf } from './colors.js';
import type { DisplayOptions } from './options.js';
import { isStdoutTerminal } from './streams.js';

/** What the reader of standard output can show. */
export interface Terminal {
  /** Whether standard output is a terminal. If it is not, output must not depend on the other members by default. */
  readonly isTerminal: boolean;
  /** Width in characters. `undefined` if it is not limited, as in a pipe. */
  readonly columns: number | undefined;
  /** Height in lines. `undefined` if standard output is not a terminal. */
  readonly rows: number | undefined;
  /** Whether it is a terminal that shows more than ASCII: arrows, lines. */
  readonly unicode: boolean;
  readonly colors: Colors;
}

/** Whether the locale's characters are those of Unicode, by the rules of setlocale(3). */
export function isUnicode({ LC_ALL, LC_CTYPE, LANG }: Io['env']): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}

function isColored({ color }: DisplayOptions, terminal: boolean, env: Io['env']): boolean {
  const when = color === false ? 'never' : color === undefined || color === true ? 'auto' : color;
  if (when === 'always') return true;
  if (when === 'never') return false;
  if (when !== 'auto') throw new UsageError(`--color: must be auto, always or never, got '${when}'`);
  return terminal && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Default size of a terminal that does not say its own. */
const COLUMNS = 80;
const ROWS = 24;

/** What the reader of standard output can show, by its stream, the environment and the options. @throws UsageError */
export function terminalOf(
  io: Pick<Io, 'stdout' | 'env' | 'isStdoutTerminal'>,
  options: DisplayOptions = {},
): Terminal {
  const { env } = io;
  const terminal = isStdoutTerminal(io);
  const { columns, rows } = (terminal ? io.stdout : {}) as Partial<NodeJS.WriteStream>;
  return {
    isTerminal: terminal,
    columns: terminal ? columns || COLUMNS : undefined,
    rows: terminal ? rows || ROWS : undefined,
    unicode: terminal && isUnicode(env),
    colors: colorsOf(isColored(options, terminal, env)),
  };
}
