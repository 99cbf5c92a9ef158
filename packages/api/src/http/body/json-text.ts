import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-characters.js';

interface Level {
  /** The names so far, of an object. */
  readonly names: Names | undefined;
  /** The current name or index. */
  at: string | number;
}

/** Maximum number of repeated members that are reported. */
const MAX_REPEATED = 20;

/** Maximum characters of a name in a pointer, so that a client's long names do not make the response long. */
const MAX_NAME = 100;
const named = (part: string): string => (part.length > MAX_NAME ? `${part.slice(0, MAX_NAME)}…` : part);

/** A path as an RFC 6901 pointer. Very long names are cut. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map(part => `/${named(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The end of the string whose opening quote is at `start`: after its closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) return end + 1;
    if (code === BACKSLASH) end++;
  }
  return text.length;
}

const SPACE = /[ \t\r\n]*/y;
/** Whether a colon follows, which makes the string a member's name. */
function isName(text: string, end: number): boolean {
  if (text.charCodeAt(end) === COLON) return true;
  SPACE.lastIndex = end;
  SPACE.test(text);
  return text.charCodeAt(SPACE.lastIndex) === COLON;
}

function nameOf(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end - 1);
  if (!name.includes('\\')) return name;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return name;
  }
}

/** Number of names from which a set pays off. */
const FEW_NAMES = 8;

/** The names of one object. */
class Names {
  readonly #few: string[] = [];
  #many: Set<string> | undefined;
  /** Adds a name. Returns false for a repeated one. */
  add(name: string): boolean {
    if (this.#many === undefined) {
      if (this.#few.includes(name)) return false;
      if (this.#few.push(name) > FEW_NAMES) this.#many = new Set(this.#few);
      return true;
    }
    const { size } = this.#many;
    return this.#many.add(name).size > size;
  }
}

/**
 * Finds repeated members in JSON text, as RFC 6901 pointers: `JSON.parse` would silently keep the last one. For text
 * that is not JSON the result is meaningless; the parser rejects it.
 */
export function repeatedMembers(text: string): string[] {
  const levels: Level[] = [];
  const repeated: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfString(text, i);
      const level = levels.at(-1);
      if (level?.names !== undefined && isName(text, end)) {
        level.at = nameOf(text, i, end);
        if (!level.names.add(level.at)) repeated.push(pointerOf(levels.map(({ at }) => at)));
        if (repeated.length === MAX_REPEATED) break;
      }
      i = end - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET)
      levels.push({ names: code === OPEN_BRACE ? new Names() : undefined, at: 0 });
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) levels.pop();
    else if (code === COMMA) {
      const level = levels.at(-1);
      if (typeof level?.at === 'number') level.at++;
    }
  }
  return repeated;
}
