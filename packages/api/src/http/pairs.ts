/** One `key=value` of a query string, decoded, with its place in the raw text. */
export interface Pair {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
  readonly length: number;
  /** The name's length in the raw text. */
  readonly nameLength: number;
}

const decode = (raw: string): string => {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return raw;
  }
};

/** The pairs of a query string; empty ones (`&&`) are none. */
export function pairsOf(raw: string): Pair[] {
  const pairs: Pair[] = [];
  let offset = 0;
  for (const part of raw.split('&')) {
    const equals = part.indexOf('=');
    const nameLength = equals < 0 ? part.length : equals;
    if (part !== '')
      pairs.push({
        name: decode(part.slice(0, nameLength)),
        value: equals < 0 ? '' : decode(part.slice(equals + 1)),
        offset,
        length: part.length,
        nameLength,
      });
    offset += part.length + 1;
  }
  return pairs;
}

/** The text, and below it a caret with the message: two lines ready to print. Control characters of the text do not get to a terminal. */
export const snippetOf = (raw: string, offset: number, length: number, message: string): string =>
  `${raw.replaceAll(/[^\x20-\x7e]/g, '·')}\n${' '.repeat(offset)}^${'~'.repeat(Math.max(0, length - 1))}  ${message}`;
