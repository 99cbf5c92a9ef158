import { Problem } from '../problem/problems.js';
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

/** Limits for the nesting depth of JSON, and for the sizes of its objects and arrays. */
export interface JsonLimits {
  readonly depth: number;
  /** Maximum members of one object. */
  readonly members: number;
  /** Maximum elements of one array. */
  readonly elements: number;
  /** Maximum members of all objects together. */
  readonly total: number;
}

/** The limits of a body. Only lists of filter values come close. */
export const JSON_LIMITS: JsonLimits = { depth: 64, members: 256, elements: 20_000, total: 50_000 };

const exceeded = (what: string, limit: number, things: string): Problem =>
  new Problem('json-malformed', `${what} more than ${limit} ${things}, the maximum`);

interface Level {
  readonly isArray: boolean;
  /** Number of members, or of elements. A non-empty array has one more element than commas. */
  count: number;
}

/**
 * Checks JSON while its bytes arrive. A body that exceeds a limit is rejected at once: it is neither received
 * completely nor parsed. Text that is not JSON is left to the parser.
 */
export class JsonBounds {
  readonly #limits: JsonLimits;
  /** The open objects and arrays. */
  readonly #levels: Level[] = [];
  #total = 0;
  #inString = false;
  /** Whether the next byte is escaped. */
  #escaped = false;

  constructor(limits: JsonLimits = JSON_LIMITS) {
    this.#limits = limits;
  }

  /** Checks the next bytes. @throws Problem `json-malformed` */
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
