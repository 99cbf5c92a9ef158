import type { Fault } from '../problem/problems.js';
import { type Pair, snippetOf } from './query-pairs.js';

/** What is wrong with a parameter's value, and which values are expected. */
export class ParameterFault extends Error {
  constructor(
    message: string,
    readonly expected: readonly string[] = [],
  ) {
    super(message);
  }
}

/** A query parameter: how it is parsed, and how the OpenAPI document describes it. */
export interface Parameter<T = unknown> {
  readonly description: string;
  /** JSON Schema of the value. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly required?: boolean;
  /** Parses the text of the value. @throws ParameterFault */
  read(text: string): T;
}

/** The parameters of a route, by name. */
export type Parameters = Readonly<Record<string, Parameter>>;

type Read<P> = P extends Parameter<infer V> ? V : never;

/** The parsed values of a route's parameters. Parameters that were not sent are absent. */
export type Values<T extends Parameters> = {
  [Name in keyof T as T[Name] extends { required: true } ? Name : never]: Read<T[Name]>;
} & { [Name in keyof T as T[Name] extends { required: true } ? never : Name]?: Read<T[Name]> };

/** Makes a parameter required. */
export const required = <T>(parameter: Parameter<T>): Parameter<T> & { required: true } => ({
  ...parameter,
  required: true,
});

/** A parameter with a whole number in decimal. */
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
      throw new ParameterFault(`must be a whole number from ${minimum} to ${maximum}, got '${text}'`);
    return value;
  },
});

/** A parameter with one of a few words. */
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

/** A parameter with `true` or `false`. Without a value it means true. */
export const flag = (description: string): Parameter<boolean> => ({
  description,
  schema: { type: 'boolean', default: false },
  read(text) {
    if (text !== '' && text !== 'true' && text !== 'false')
      throw new ParameterFault(`must be true or false, got '${text}'`, ['true', 'false']);
    return text !== 'false';
  },
});

/** A parameter with any text that is not empty. */
export const word = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string', minLength: 1 },
  read(text) {
    if (text === '') throw new ParameterFault('the value is missing');
    return text;
  },
});

/** Maximum characters of a message: it repeats a value, which can be as long as a URL. */
const MAX_MESSAGE = 400;

/** Parses the parameters in `table` from the pairs of a query. Errors are added to `faults`. */
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
      fault('duplicate', 'must not be repeated');
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
  for (const name in table)
    if (table[name]!.required && !Object.hasOwn(found, name))
      faults.push({ code: 'missing', message: `${name}: this parameter is required`, parameter: name });
  return found as unknown as Values<T>;
}
