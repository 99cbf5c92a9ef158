/** Characters that control a terminal or change the order of the shown text: control characters, line separators, bidirectional marks. */
const CONTROL = /[^\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\uffff]/;
const CONTROLS = new RegExp(CONTROL.source, 'g');

/** The code of a character in hexadecimal, with at least `width` digits. */
const code = (character: string, width: number): string => character.charCodeAt(0).toString(16).padStart(width, '0');

const escaped = (character: string): string => {
  const hex = code(character, 2);
  return hex.length > 2 ? `\\u${hex}` : `\\x${hex}`;
};

/** Whether a text has control characters that {@link printable} escapes. */
export const hasControls = (text: string): boolean => CONTROL.test(text);

/** Makes a text safe to show on a terminal: control characters are escaped as `\x1b` or `\u202e`. */
export const printable = (text: string): string => (CONTROL.test(text) ? text.replace(CONTROLS, escaped) : text);

/** The control characters that JSON text can contain. Without the flag `u` the test takes a fraction of the time. */
const JSON_CONTROL = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

/** `JSON.stringify` with text that is safe to show on a terminal: JSON itself does not escape DEL, the C1 controls and the bidirectional marks. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return JSON_CONTROL.test(text) ? text.replace(CONTROLS, character => `\\u${code(character, 4)}`) : text;
}
