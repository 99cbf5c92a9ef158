/** What a parsed value does not show of its JSON text. */
export interface JsonText {
  /** How deep brackets nest. */
  readonly depth: number;
  /** RFC 6901 pointers of members that their object has already: parsers keep the last one, and say nothing. */
  readonly twice: readonly string[];
}

interface Level {
  /** The names so far, of an object. */
  readonly names: Set<string>;
  /** Where it is: a name, or an index. */
  at: string | number;
}

/** Places that are told; who repeats more of them is told of these. */
const MAX_TWICE = 20;

/** `['original', 'a/b']` as RFC 6901 has it. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** A string, with the colon behind it where it is a name; or a sign. */
const TOKENS = /("(?:[^"\\]+|\\.)*")(?:\s*:)?|[[\]{},]/gs;

/** Looks through JSON text that is known to be valid. */
export function jsonText(text: string): JsonText {
  const levels: Level[] = [];
  const twice: string[] = [];
  let depth = 0;
  for (const [token, string] of text.matchAll(TOKENS)) {
    const level = levels.at(-1)!;
    if (token === '{' || token === '[') {
      levels.push({ names: new Set(), at: 0 });
      depth = Math.max(depth, levels.length);
    } else if (token === '}' || token === ']') levels.pop();
    else if (token === ',') {
      if (typeof level.at === 'number') level.at++;
    } else if (token.endsWith(':')) {
      level.at = JSON.parse(string!) as string;
      if (level.names.has(level.at) && twice.length < MAX_TWICE) twice.push(pointerOf(levels.map(({ at }) => at)));
      level.names.add(level.at);
    }
  }
  return { depth, twice };
}
