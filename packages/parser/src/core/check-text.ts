/** What a text is, from outside. */
export const isText = (value: unknown): value is string | Uint8Array =>
  typeof value === 'string' || Object.prototype.toString.call(value) === '[object Uint8Array]';

/** Refuses what is not text: it would be read as nothing. @throws TypeError */
export function checkText(value: unknown): asserts value is string | Uint8Array {
  if (!isText(value)) throw new TypeError(`text must be a string or bytes (Uint8Array), got ${describe(value)}`);
}

/** A value's kind, for a message. */
export const describe = (value: unknown): string =>
  value === null
    ? 'null'
    : typeof value === 'object'
      ? Object.prototype.toString.call(value).slice(8, -1)
      : typeof value;
