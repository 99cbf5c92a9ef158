import type { Scope } from './report.js';

/** One value as it stands in the text, not yet understood. Places are the scope's own. */
export interface Item {
  /** Without quotes, and with escapes resolved. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
  /** The pieces between `*`, when there is one that is no escaped star in quotes. */
  readonly parts?: readonly string[];
}

/** A bare word as an item. */
export const bareItem = (text: string, start: number): Item => ({
  text,
  start,
  end: start + text.length,
  quoted: false,
});

/**
 * A string in double quotes that begins at `start`; `\"`, `\\` and `\*` stand for the character alone, a bare `*` is a
 * wildcard. A string that does not end is a fault.
 */
export function quotedItem(source: string, start: number, scope: Scope): Item {
  let text = '';
  const parts: string[] = [];
  let part = '';
  let i = start + 1;
  for (; i < source.length && source[i] !== '"'; i++) {
    let char = source[i]!;
    if (char === '*') {
      parts.push(part);
      part = '';
    } else {
      if (char === '\\' && i + 1 < source.length) char = source[++i]!;
      part += char;
    }
    text += char;
  }
  if (i >= source.length)
    scope.fail('unterminated-string', { start, end: source.length }, 'this string has no closing quote');
  const end = Math.min(i + 1, source.length);
  return { text, start, end, quoted: true, ...(parts.length > 0 && { parts: [...parts, part] }) };
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** A list of values parted by commas, quotes respected, spaces around each dropped. */
export function splitList(source: string, start: number, scope: Scope): Item[] {
  const items: Item[] = [];
  let at = start;
  for (;;) {
    while (at < source.length && isSpace(source.charCodeAt(at))) at++;
    if (source[at] === '"') {
      const item = quotedItem(source, at, scope);
      items.push(item);
      const comma = source.indexOf(',', item.end);
      const end = comma < 0 ? source.length : comma;
      const rest = source.slice(item.end, end).trim();
      if (rest !== '') scope.fail('unexpected', { start: item.end, end }, `unexpected '${rest}' after a string`);
      at = end;
    } else {
      const comma = source.indexOf(',', at);
      let end = comma < 0 ? source.length : comma;
      const next = end;
      while (end > at && isSpace(source.charCodeAt(end - 1))) end--;
      items.push({ text: source.slice(at, end), start: at, end, quoted: false });
      at = next;
    }
    if (at >= source.length) return items;
    at++;
  }
}
