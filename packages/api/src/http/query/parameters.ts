import type { Fault } from '../problem/problems.js';
import { type Pair, snippetOf } from './query-pairs.js';

/** What is wrong with a value, and what would be right. */
export class ParameterFault extends Error {
  constructor(
    message: string,
    readonly expected: readonly string[] = [],
  ) {
    super(message);
  }
}

/** A query parameter: how it is read, and what the OpenAPI document says of it. */
export interface Parameter<T = unknown> {
  readonly description: string;
  /** Its JSON schema. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly required?: boolean;
  /** The value of its text. @throws ParameterFault */
  read(text: string): T;
}

/** The parameters of a route, by name. */
export type Parameters = Readonly<Record<string, Parameter>>;

type Read<P> = P extends Parameter<infer V> ? V : never;

/** What a table of parameters gives; those that were not sent are absent. */
export type Values<T extends Parameters> = {
  [Name in keyof T as T[Name] extends { required: true } ? Name : never]: Read<T[Name]>;
} & { [Name in keyof T as T[Name] extends { required: true } ? never : Name]?: Read<T[Name]> };

/** A parameter that has to be there. */
export const required = <T>(parameter: Parameter<T>): Parameter<T> & { required: true } => ({
  ...parameter,
  required: true,
});

/** A whole number in decimal. */
export const integer = (
  description: string,
  minimum: number,
  maximum: number,
  fallback?: number,
): Parameter<number> => ({
  description,
  schema: { type: 'integer', minimum, maximum, ...(fallback !== undefined && { default: fallback }) },
  read(text) {
    const value = Number(text);
    if (!/^\d{1,16}$/.test(text) || value < minimum || value > maximum)
      throw new ParameterFault(`'${text}' must be a whole number from ${minimum} to ${maximum}`);
    return value;
  },
});

/** One of a few words. */
export const oneOf = <const Words extends readonly string[]>(
  description: string,
  words: Words,
): Parameter<Words[number]> => ({
  description,
  schema: { type: 'string', enum: words },
  read(text) {
    const word = words.find(candidate => candidate === text);
    if (word === undefined) throw new ParameterFault(`must be one of ${words.join(', ')}, got '${text}'`, words);
    return word;
  },
});

/** `true` or `false`. A name without a value means true. */
export const flag = (description: string): Parameter<boolean> => ({
  description,
  schema: { type: 'boolean', default: false },
  read(text) {
    if (text !== '' && text !== 'true' && text !== 'false')
      throw new ParameterFault(`must be true or false, got '${text}'`, ['true', 'false']);
    return text !== 'false';
  },
});

/** Anything but nothing. */
export const word = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string', minLength: 1 },
  read(text) {
    if (text === '') throw new ParameterFault('the value is missing');
    return text;
  },
});

/** Characters of a message: it repeats values, and those can be as long as a URL. */
const MAX_MESSAGE = 400;

/** The values of a table's parameters among the pairs of a query; what is wrong with them is added to `faults`. */
export function values<T extends Parameters>(
  raw: string,
  pairs: readonly Pair[],
  table: T,
  faults: Fault[],
): Values<T> {
  const found: Record<string, unknown> = {};
  for (const { name, value, offset, length } of pairs) {
    if (!Object.hasOwn(table, name)) continue;
    const fault = (code: string, text: string, expected: readonly string[] = []): void => {
      const message = `${name}: ${text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text}`;
      const snippet = snippetOf(raw, offset, length, message);
      faults.push({
        code,
        message,
        parameter: name,
        offset,
        length,
        ...(expected.length > 0 && { expected }),
        snippet,
      });
    };
    if (Object.hasOwn(found, name)) {
      fault('duplicate', 'it is repeated');
      continue;
    }
    try {
      found[name] = table[name]!.read(value);
    } catch (error) {
      if (!(error instanceof ParameterFault)) throw error;
      fault('invalid', error.message, error.expected);
      found[name] = undefined;
    }
  }
  for (const [name, { required }] of Object.entries(table))
    if (required && !Object.hasOwn(found, name))
      faults.push({ code: 'missing', message: `${name}: required`, parameter: name });
  return found as unknown as Values<T>;
}
