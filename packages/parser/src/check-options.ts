import type { StreamOptions } from './options.js';

type Names = Readonly<Record<keyof StreamOptions, readonly unknown[] | true>>;

/** Every option of the readers, with the values that it has where these are few. */
const OPTIONS: Names = {
  format: true,
  mode: ['strict', 'tolerant'],
  onBadLine: true,
  maxLineLength: true,
  maxPairs: true,
  labelMap: true,
  timeZone: true,
  signal: true,
};

/** Refuses an option that is none: a misspelt `mode` would not be tolerant. @throws TypeError */
export function checkOptions(options: object = {}): void {
  for (const [name, value] of Object.entries(options)) {
    const values = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof Names] : undefined;
    if (values === undefined)
      throw new TypeError(`unknown option '${name}'. Options: ${Object.keys(OPTIONS).join(', ')}`);
    if (values !== true && value !== undefined && !values.includes(value))
      throw new TypeError(`option '${name}' must be ${values.join(' or ')}, got ${String(value)}`);
  }
}

/** What a text is, from outside. */
export const isText = (value: unknown): value is string | Uint8Array =>
  typeof value === 'string' || Object.prototype.toString.call(value) === '[object Uint8Array]';

/** Refuses what is no text: it would be read as nothing. @throws TypeError */
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
