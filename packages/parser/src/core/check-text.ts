/** Whether a value from a caller is text. */
export const isText = (value: unknown): value is string | Uint8Array =>
  typeof value === 'string' || Object.prototype.toString.call(value) === '[object Uint8Array]';

/** Refuses values that are not text: they would be read as an empty text. @throws TypeError */
export function checkText(value: unknown): asserts value is string | Uint8Array {
  if (!isText(value)) throw new TypeError(`text must be a string or bytes (Uint8Array), got ${describe(value)}`);
}

/** The type of a value, for a message. */
export const describe = (value: unknown): string =>
  value === null
    ? 'null'
    : typeof value === 'object'
      ? Object.prototype.toString.call(value).slice(8, -1)
      : typeof value;
