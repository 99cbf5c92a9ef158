import { joinList, nearest, orList } from './suggest.js';

/** Thrown if a call gets an unknown option, or a value that an option cannot have. The call did nothing. */
export class OptionsError extends TypeError {
  /** Stable code of the error. */
  readonly code = 'OPTION_INVALID';
  override readonly name = 'OptionsError';
}

/** Makes the error to throw from a message. */
export type Complain = (message: string) => Error;

/** Checks one value. The value is at a key (or, in a list, an index) of a place: `mark` of `create`. The path is put together only for an error. */
export type OptionRule = (value: unknown, complain: Complain, at: string, key?: string | number) => void;

/** One rule for every key of an options type. A key that is added to the type must be added here too, or the code does not compile. */
export type OptionRules<T> = { readonly [Key in keyof Required<T>]: OptionRule };

const refused: Complain = message => new OptionsError(message);

/** A value as an error shows it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** `create`, `create: original`, `create: original.sport`, `create: labels[2]`. */
const place = (at: string, key: string | number | undefined): string => {
  if (key === undefined) return at;
  if (typeof key === 'number') return `${at}[${key}]`;
  return at.includes(': ') ? `${at}.${key}` : `${at}: ${key}`;
};

/** Makes a rule from a test and the words for allowed values: `true or false`. */
export const expecting =
  (expected: string, holds: (value: unknown) => boolean): OptionRule =>
  (value, complain, at, key) => {
    if (!holds(value)) throw complain(`${place(at, key)} must be ${expected}, got ${shown(value)}`);
  };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A rule that allows every value, for values that are checked elsewhere. */
export const anything: OptionRule = () => {};
/** A rule that allows `true` and `false`. */
export const flag: OptionRule = /* @__PURE__ */ expecting('true or false', value => typeof value === 'boolean');
/** A rule that allows strings. */
export const text: OptionRule = /* @__PURE__ */ expecting('text', value => typeof value === 'string');
/** A rule that allows objects, but not lists. Its members are checked elsewhere. */
export const object: OptionRule = /* @__PURE__ */ expecting('an object', isObject);
/** A rule that allows functions. */
export const callback: OptionRule = /* @__PURE__ */ expecting('a function', value => typeof value === 'function');
/** A rule that allows an `AbortSignal`. */
export const abortSignal: OptionRule = /* @__PURE__ */ expecting(
  'an AbortSignal',
  value => isObject(value) && typeof value.throwIfAborted === 'function',
);

/** A rule that allows whole numbers from `min` (default: 0) to `max` (default: 2^53 − 1). */
export const whole = (max: number = Number.MAX_SAFE_INTEGER, min = 0): OptionRule =>
  expecting(
    max === Number.MAX_SAFE_INTEGER ? `a whole number ≥ ${min}` : `a whole number from ${min} to ${max}`,
    value => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
  );

/** Ends an error message: `. Did you mean 'x'?` if a known word is similar, else the list of the known words. */
export function suggestion(word: unknown, known: readonly string[], what: string): string {
  const [meant] = typeof word === 'string' ? nearest(word, known) : [];
  return meant === undefined ? `. ${what}: ${joinList(known, 'and')}` : `. Did you mean '${meant}'?`;
}

const unknownKey = (here: string, name: string, known: object): string =>
  `${here}: unknown key '${name}'${suggestion(name, Object.keys(known), 'Known')}`;

/**
 * Every key of an options type, with its allowed values if these are a few words. A key that is added to the type must be added here too,
 * or the code does not compile.
 */
export type OptionKeys<T> = { readonly [Key in keyof Required<T>]: readonly string[] | 0 };

/**
 * Refuses options that a call does not have. Smaller than {@link checkOptions}, without rules for values: for code that browsers load.
 *
 * @throws OptionsError, or the error that `complain` makes; it suggests the nearest known key
 */
export function checkKeys(
  call: string,
  options: object | undefined,
  keys: Readonly<Record<string, readonly string[] | 0>>,
  complain: Complain = refused,
): void {
  for (const name in options) {
    if (!Object.hasOwn(keys, name)) throw complain(unknownKey(call, name, keys));
    const words = keys[name];
    const value = (options as Record<string, unknown>)[name];
    if (words && value !== undefined && !words.includes(value as string))
      throw complain(`${call}: ${name} must be ${orList(words)}, got '${value}'`);
  }
}

/** A rule that allows one of some words. */
export const oneOf =
  (words: readonly string[]): OptionRule =>
  (value, complain, at, key) => {
    if (words.includes(value as string)) return;
    const [meant] = typeof value === 'string' ? nearest(value, words) : [];
    const hint = meant === undefined ? '' : `. Did you mean '${meant}'?`;
    throw complain(`${place(at, key)} must be ${orList(words)}, got ${shown(value)}${hint}`);
  };

/** A rule that allows a list; every item must pass the given rule. */
export const listOf =
  (rule: OptionRule): OptionRule =>
  (value, complain, at, key) => {
    if (!Array.isArray(value)) throw complain(`${place(at, key)} must be a list, got ${shown(value)}`);
    for (let i = 0; i < value.length; i++) rule(value[i], complain, place(at, key), i);
  };

/** A rule that allows an object with these keys and no others. A known key whose value is `undefined` counts as absent. */
export const objectOf = (rules: Readonly<Record<string, OptionRule>>): OptionRule => {
  const known = new Map(Object.entries(rules));
  return (value, complain, at, key) => {
    const here = place(at, key);
    if (!isObject(value)) throw complain(`${here} must be an object, got ${shown(value)}`);
    for (const name in value) {
      const rule = known.get(name);
      if (rule === undefined) throw complain(unknownKey(here, name, rules));
      if (value[name] !== undefined) rule(value[name], complain, here, name);
    }
  };
};

/**
 * Refuses options that a call does not have, and values of the wrong type: if an option were ignored, the call would do something else than
 * intended.
 *
 * @param call name of the call, for the error: `list`
 *
 * @throws OptionsError, or the error that `complain` makes; it suggests the nearest known key
 */
export function checkOptions(
  call: string,
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
  complain: Complain = refused,
): void {
  if (options === undefined) return;
  if (!isObject(options)) throw complain(`${call}: the options must be an object, got ${shown(options)}`);
  objectOf(rules)(options, complain, call);
}
