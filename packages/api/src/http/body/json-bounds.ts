import { Problem } from '../problem/problems.js';

/** How deep JSON may nest, and how much an object or array in it may have. */
export interface JsonLimits {
  readonly depth: number;
  /** Members of one object. */
  readonly members: number;
  /** Elements of one array. */
  readonly elements: number;
  /** Members of all objects together. */
  readonly total: number;
}

/** Limits of a body. Only the values of a filter come near. */
export const JSON_LIMITS: JsonLimits = { depth: 64, members: 256, elements: 20_000, total: 50_000 };

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const exceeded = (what: string, limit: number, things: string): Problem =>
  new Problem('json-malformed', `${what} more than ${limit} ${things}, the maximum`);

interface Level {
  readonly isArray: boolean;
  /** Members, or elements: of an array that is not empty there is one without a comma. */
  count: number;
}

/**
 * Looks through the bytes of JSON as they arrive. A body beyond the limits is refused at once: it is neither received to its end nor parsed. Text that is not
 * JSON is for the parser to refuse.
 */
export class JsonBounds {
  readonly #limits: JsonLimits;
  /** The objects and arrays that are open. */
  readonly #levels: Level[] = [];
  #total = 0;
  #inString = false;
  /** The next byte is escaped. */
  #escaped = false;

  constructor(limits: JsonLimits = JSON_LIMITS) {
    this.#limits = limits;
  }

  /** Takes the next bytes. @throws Problem `json-malformed` */
  add(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (this.#inString) i = this.#skipString(bytes, i);
      else if (byte === QUOTE) this.#inString = true;
      else if (byte === COLON) this.#member();
      else if (byte === COMMA) this.#element();
      else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) this.#open(byte === OPEN_BRACKET);
      else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) this.#levels.pop();
    }
  }

  /** Moves to the closing quote, or to the last of these bytes. */
  #skipString(bytes: Uint8Array, start: number): number {
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return i;
      }
    }
    return bytes.length;
  }

  #open(isArray: boolean): void {
    const { depth } = this.#limits;
    this.#levels.push({ isArray, count: isArray ? 1 : 0 });
    if (this.#levels.length > depth)
      throw new Problem('json-malformed', `the body nests deeper than ${depth} levels, the maximum`);
  }

  #member(): void {
    const { members, total } = this.#limits;
    const level = this.#levels.at(-1);
    if (level === undefined || level.isArray) return;
    if (++level.count > members) throw exceeded('an object in the body has', members, 'members');
    if (++this.#total > total) throw exceeded('the body has', total, 'members');
  }

  #element(): void {
    const { elements } = this.#limits;
    const level = this.#levels.at(-1);
    if (!level?.isArray) return;
    if (++level.count > elements) throw exceeded('an array in the body has', elements, 'elements');
  }
}
