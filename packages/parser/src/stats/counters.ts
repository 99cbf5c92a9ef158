import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import { ParseError } from '../core/error.js';
import type { DetectedFormat } from '../core/formats.js';

const STATS_FORMAT: OptionKeys<{ compact?: boolean | undefined } & Pick<DetectedFormat, 'format' | 'events'>> = {
  format: 0,
  compact: 0,
  events: 0,
};

/** The counters of one CPU, in the order of the text. */
export interface CpuCounters {
  /** Number of the CPU. In /proc/net/stat/nf_conntrack, the index of its line, from 0. */
  cpu: number;
  /** The counters by name. */
  counters: Readonly<Record<string, number>>;
}

const fail = (line: number, column: number, expected: string, text: string): never => {
  throw new ParseError('NUMBER_EXPECTED', line, column, expected, text);
};

const forEachLine = (text: string, take: (line: string, number: number) => void): void => {
  text.split('\n').forEach((line, i) => {
    const bare = line.replace(/^\ufeff|\r$/g, '');
    if (bare !== '') take(bare, i + 1);
  });
};

/** Parses the output of `conntrack -S` (or `-S expect`). @throws ParseError */
export function parseStats(text: string): CpuCounters[] {
  const rows: CpuCounters[] = [];
  forEachLine(text, (line, number) => {
    const head = /^cpu=(\d{1,9}) *\t?/.exec(line);
    if (head === null) return fail(number, 1, 'cpu=', line);
    const counters: Record<string, number> = {};
    let column = head[0].length;
    for (const word of line.slice(column).split(' ')) {
      const pair = /^(\w+)=(\d{1,15})$/.exec(word);
      if (pair !== null) counters[pair[1]!] = Number(pair[2]);
      else if (word !== '') fail(number, column + 1, 'a counter and its value', line);
      column += word.length + 1;
    }
    rows.push({ cpu: Number(head[1]), counters });
  });
  return rows;
}

/**
 * Formats counters as `conntrack -S` does: each line ends with a space and a newline. `compact` omits the space, as many web pages do.
 * @throws OptionsError
 */
export function formatStats(rows: readonly CpuCounters[], options: { compact?: boolean | undefined } = {}): string {
  checkKeys('formatStats', options, STATS_FORMAT);
  return rows
    .map(({ cpu, counters }) => {
      const pairs = Object.entries(counters).map(([name, value]) => `${name}=${value}`);
      return `cpu=${String(cpu).padEnd(4)}\t${pairs.join(' ')}${options.compact === true ? '' : ' '}\n`;
    })
    .join('');
}

/**
 * Parses /proc/net/stat/nf_conntrack: a heading with the names, which differ between kernels, and one line of hexadecimal columns for each
 * CPU. @throws ParseError
 */
export function parseProcStats(text: string): CpuCounters[] {
  const rows: CpuCounters[] = [];
  let names: string[] | undefined;
  forEachLine(text, (line, number) => {
    const words = line.trim().split(/ +/);
    if (names === undefined) {
      if (words[0] !== 'entries') fail(number, 1, 'a heading that begins with entries', line);
      names = words;
      return;
    }
    if (words.length !== names.length) fail(number, 1, `${names.length} columns`, line);
    const counters: Record<string, number> = {};
    words.forEach((word, i) => {
      if (!/^[\da-f]{8}$/.test(word)) fail(number, line.indexOf(word) + 1, 'eight hexadecimal digits', line);
      counters[names![i]!] = Number.parseInt(word, 16);
    });
    rows.push({ cpu: rows.length, counters });
  });
  if (names === undefined) fail(1, 1, 'a heading that begins with entries', text);
  return rows;
}

/** The kernel prints two spaces before the second column and before the first column of expectations. */
const gap = (name: string, place: number): string =>
  place === 0 ? '' : place === 1 || name === 'expect_new' ? '  ' : ' ';

/** Formats counters as the kernel prints /proc/net/stat/nf_conntrack. The names are those of the first row. */
export function formatProcStats(rows: readonly CpuCounters[]): string {
  const names = Object.keys(rows[0]?.counters ?? {});
  const line = (cell: (name: string) => string): string =>
    `${names.map((name, i) => gap(name, i) + cell(name)).join('')}\n`;
  return (
    line(name => name) + rows.map(row => line(name => (row.counters[name] ?? 0).toString(16).padStart(8, '0'))).join('')
  );
}

/** Parses the output of `conntrack -C`. @throws ParseError */
export function parseCount(text: string): number {
  const line = text.replace(/^\ufeff/, '').trim();
  return /^\d{1,15}$/.test(line) ? Number(line) : fail(1, 1, 'a number', line);
}

/** Formats a count as `conntrack -C` does. */
export const formatCount = (count: number): string => `${count}\n`;
