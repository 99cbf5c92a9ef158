/** How a part of a line looks. */
export type Style = 'bold' | 'dim' | 'inverse' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';

/** A part of a line in one style. */
export interface Span {
  readonly text: string;
  readonly styles?: readonly Style[];
}

/** A line of the screen. */
export type Line = readonly Span[];

/** How lines are written for a terminal. */
export interface Look {
  readonly colors: boolean;
  /** Whether the terminal shows signs outside of ASCII. */
  readonly unicode: boolean;
}

/** Makes a part of a line. */
export const span = (text: string, ...styles: Style[]): Span => (styles.length === 0 ? { text } : { text, styles });

const CODES: Readonly<Record<Style, number>> = {
  bold: 1,
  dim: 2,
  inverse: 7,
  red: 31,
  green: 32,
  yellow: 33,
  magenta: 35,
  cyan: 36,
};
const COLORS: ReadonlySet<Style> = new Set(['red', 'green', 'yellow', 'cyan', 'magenta']);

/** Signs that a terminal without Unicode shows in another way. */
const PLAIN: Readonly<Record<string, string>> = {
  '→': '>',
  '←': '<',
  '…': '~',
  '▼': 'v',
  '▲': '^',
  '█': '#',
  '░': '.',
  '●': '*',
  '–': '-',
  '·': '|',
  '≥': '>',
  '’': "'",
  '↑': '^',
  '↓': 'v',
};

/** Letters that take one column each, as the length of a text says: Latin, Greek, Cyrillic. */
const NARROW = /[\xa1-\xac\xae-\u024f\u0370-\u03ff\u0400-\u0482\u048a-\u052f]/;

/**
 * The text as the terminal can show it, in the same number of columns. Control characters in it (a file name, a name of a helper) would
 * otherwise change the screen.
 */
export const shown = (text: string, unicode: boolean): string =>
  text.replace(/[^\x20-\x7e]/g, sign => {
    const ascii = PLAIN[sign];
    if (ascii !== undefined) return unicode ? sign : ascii;
    return unicode && NARROW.test(sign) ? sign : '?';
  });

/** Cuts a text that is too long, and marks the cut. */
export const clip = (text: string, width: number): string =>
  text.length <= width ? text : width <= 0 ? '' : `${text.slice(0, width - 1)}…`;

/** Cuts the middle out of a text that is too long: both ends of an address say something. */
export function clipMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  if (width <= 2) return clip(text, width);
  const end = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - end)}…${text.slice(text.length - end)}`;
}

/** The length of a line, in columns of the terminal. */
export const lengthOf = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0);

/** Cuts a line to the width, and fills it up with spaces in the styles `fill`. */
export function fit(line: Line, width: number, ...fill: Style[]): Line {
  const fitted: Span[] = [];
  let left = width;
  for (const part of line) {
    if (part.text.length > left) {
      fitted.push({ ...part, text: clip(part.text, left) });
      return fitted;
    }
    fitted.push(part);
    left -= part.text.length;
  }
  return left > 0 ? [...fitted, span(' '.repeat(left), ...fill)] : fitted;
}

/** Writes a line with the terminal's control sequences. */
export function write(line: Line, { colors, unicode }: Look): string {
  let out = '';
  for (const { text, styles = [] } of line) {
    if (text === '') continue;
    const visible = shown(text, unicode);
    const codes = styles.filter(style => colors || !COLORS.has(style)).map(style => CODES[style]);
    out += codes.length === 0 ? visible : `\x1b[${codes.join(';')}m${visible}\x1b[m`;
  }
  return out;
}
