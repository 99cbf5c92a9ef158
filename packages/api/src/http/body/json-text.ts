/** What a parsed value does not show of its JSON text. */
export interface JsonText {
  /** How deep brackets nest. */
  readonly depth: number;
  /** Members of the object that has most. */
  readonly members: number;
  /** Elements of the array that has most. */
  readonly elements: number;
  /** Members of all objects together. */
  readonly total: number;
  /** RFC 6901 pointers of members that their object has already: `JSON.parse` keeps the last one silently. */
  readonly twice: readonly string[];
}

interface Level {
  /** The names so far, of an object. */
  readonly names: Names | undefined;
  /** Where the scan is: a name, or an index. */
  at: string | number;
}

/** Repeated members that are named; more of them are left out. */
const MAX_TWICE = 20;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Characters of a name that a pointer repeats: no answer grows with a name that a client made up. */
const MAX_NAME = 100;
const named = (part: string): string => (part.length > MAX_NAME ? `${part.slice(0, MAX_NAME)}…` : part);

/** `['original', 'a/b']` as RFC 6901 has it; very long names are cut. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map(part => `/${named(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Where a string ends whose opening quote is at `start`: behind its closing quote, or at the end of the text. */
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
/** Whether a colon is next, so that a string was a member's name. */
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

/** Names of an object beyond which a set is worth its memory. */
const FEW_NAMES = 8;

/** The names of one object. */
class Names {
  readonly #few: string[] = [];
  #many: Set<string> | undefined;
  get size(): number {
    return this.#many?.size ?? this.#few.length;
  }
  /** False: the name is there already. */
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

/** Where a scan stops: at the first bracket, member or element beyond these. */
export interface JsonLimits {
  readonly depth: number;
  readonly members: number;
  readonly elements: number;
  readonly total: number;
}

const UNLIMITED: JsonLimits = {
  depth: Number.POSITIVE_INFINITY,
  members: Number.POSITIVE_INFINITY,
  elements: Number.POSITIVE_INFINITY,
  total: Number.POSITIVE_INFINITY,
};

/**
 * Looks through JSON text, in one pass and before it is parsed. Text that is not JSON is for the parser to refuse: its result here means nothing.
 */
export function jsonText(text: string, limits: JsonLimits = UNLIMITED): JsonText {
  const levels: Level[] = [];
  const twice: string[] = [];
  let depth = 0;
  let members = 0;
  let elements = 0;
  let total = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfString(text, i);
      const level = levels.at(-1);
      if (level?.names !== undefined && isName(text, end)) {
        level.at = nameOf(text, i, end);
        if (!level.names.add(level.at) && twice.length < MAX_TWICE) twice.push(pointerOf(levels.map(({ at }) => at)));
        members = Math.max(members, level.names.size);
        if (members > limits.members || ++total > limits.total) break;
      }
      i = end - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      levels.push({ names: code === OPEN_BRACE ? new Names() : undefined, at: 0 });
      depth = Math.max(depth, levels.length);
      if (depth > limits.depth) break;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) levels.pop();
    else if (code === COMMA) {
      const level = levels.at(-1);
      if (typeof level?.at === 'number') {
        level.at++;
        elements = Math.max(elements, level.at + 1);
        if (elements > limits.elements) break;
      }
    }
  }
  return { depth, members, elements, total, twice };
}
