/** The codes that start and end each style of a terminal's text (ECMA-48). */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const satisfies Readonly<Record<string, readonly [start: number, end: number]>>;

/** Functions that color text: `colors.red('…')`. Without colors they return it unchanged. */
export type Colors = Readonly<Record<keyof typeof STYLES, (text: string) => string>> & {
  readonly isColorSupported: boolean;
};

const unchanged = (text: string): string => text;

function styled(start: number, end: number): (text: string) => string {
  const [on, off] = [`\x1b[${start}m`, `\x1b[${end}m`];
  // A style within the text ends with the same code, and this one continues after it.
  return text => on + text.replaceAll(off, off + on) + off;
}

/** Makes the functions, with or without colors. */
export function colorsOf(isColorSupported: boolean): Colors {
  const functions = Object.entries(STYLES).map(
    ([name, [start, end]]) => [name, isColorSupported ? styled(start, end) : unchanged] as const,
  );
  return { isColorSupported, ...Object.fromEntries(functions) } as Colors;
}
