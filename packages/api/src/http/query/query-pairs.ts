import { faultsProblem } from '../problem/faults.js';

/** A decoded `key=value` of a query string, with its place in the raw text. */
export interface Pair {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
  readonly length: number;
  /** Length of the name in the raw text. */
  readonly nameLength: number;
}

const decode = (raw: string): string => {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return raw;
  }
};

/** Maximum number of pairs in a query string: twice the number of predicates of the longest filter. */
const MAX_PAIRS = 512;

/** The pairs of a query string. Empty ones (`&&`) are skipped. @throws Problem for more than {@link MAX_PAIRS} */
export function pairsOf(raw: string): Pair[] {
  const pairs: Pair[] = [];
  if (raw === '') return pairs;
  let offset = 0;
  for (const part of raw.split('&')) {
    if (pairs.length === MAX_PAIRS) {
      const message = `a query string can have at most ${MAX_PAIRS} parameters; send long filters to POST /conntrack/search`;
      throw faultsProblem('parameter-invalid', [{ code: 'too-many', message, offset, length: part.length }]);
    }
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

/** Characters of context that a snippet shows before and after a fault. */
const AROUND = 60;

/**
 * Two lines to print: the text around a fault, and below it a caret with the message. Control characters are replaced,
 * so they cannot reach a terminal.
 */
export function snippetOf(raw: string, offset: number, length: number, message: string): string {
  const from = Math.max(0, offset - AROUND);
  const to = Math.min(raw.length, offset + Math.min(length, AROUND) + AROUND);
  const text = `${from > 0 ? '…' : ''}${raw.slice(from, to).replaceAll(/[^\x20-\x7e]/g, '·')}${to < raw.length ? '…' : ''}`;
  const indent = ' '.repeat(offset - from + (from > 0 ? 1 : 0));
  return `${text}\n${indent}^${'~'.repeat(Math.max(0, Math.min(length, AROUND) - 1))}  ${message}`;
}
