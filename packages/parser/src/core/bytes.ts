// Helpers for text as bytes. Lines are scanned as bytes, and only what is kept becomes a string.

export const TAB = 9;
export const NEWLINE = 10;
export const RETURN = 13;
export const SPACE = 32;
export const DOT = 46;
export const ZERO = 48;
export const COLON = 58;
export const EQUALS = 61;
export const OPEN_BRACKET = 91;
export const CLOSE_BRACKET = 93;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Decodes bytes of a line as UTF-8; invalid bytes become U+FFFD. */
export const decode = (bytes: Uint8Array, start: number, end: number): string =>
  decoder.decode(bytes.subarray(start, end));

/** Encodes text as UTF-8. */
export const encode = (text: string): Uint8Array => encoder.encode(text);

/** Whether `text` (ASCII) is at index `at`. */
export function standsAt(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  const length = text.length;
  if (at + length > end) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Returns the end of the token at `at`: the index of the next space, or `end`. */
export function tokenEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] !== SPACE) i++;
  return i;
}
