/** Characters that a terminal obeys or that change the order of what it shows: controls, line separators, bidirectional marks. */
const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
const CONTROLS = new RegExp(CONTROL.source, 'gu');

/** A character's code in hexadecimal, with at least so many digits. */
const code = (character: string, width: number): string => character.charCodeAt(0).toString(16).padStart(width, '0');

const escaped = (character: string): string => {
  const hex = code(character, 2);
  return hex.length > 2 ? `\\u${hex}` : `\\x${hex}`;
};

/** Whether a text has characters that {@link printable} escapes. */
export const hasControls = (text: string): boolean => CONTROL.test(text);

/** A text that is safe to show on a terminal: control characters are escaped as `\x1b` or `\u202e`. */
export const printable = (text: string): string => (CONTROL.test(text) ? text.replace(CONTROLS, escaped) : text);

/** Of these, the ones that JSON text can have. Without the flag `u` the test takes a fraction of the time. */
const JSON_CONTROL = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

/** `JSON.stringify` whose text is safe to show on a terminal: JSON itself leaves DEL and the controls above it as they are. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return JSON_CONTROL.test(text) ? text.replace(CONTROLS, character => `\\u${code(character, 4)}`) : text;
}
