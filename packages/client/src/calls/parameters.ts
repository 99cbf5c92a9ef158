import { ClientError } from '../errors.js';
import { type FilterInput, filterText } from './filter-text.js';

/** A value of a query parameter. `undefined` is not sent. */
type Value = string | number | boolean | readonly string[] | undefined;

/** Filter and parameters as a query string. */
export function queryOf(filter: FilterInput | undefined, parameters: Readonly<Record<string, Value>> = {}): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(Array.isArray(value) ? value.join(',') : String(value))}`);
  return [filterText(filter), ...pairs].filter(part => part !== '').join('&');
}

/** A key, or an object with a key: a flow or an expectation. */
export type KeyInput = string | { readonly key?: string | undefined };

/** The part of a path that identifies one object. An empty part would be the path of all objects, so it is rejected. */
function partOf(text: string | undefined, pattern: RegExp, what: string): string {
  if (text === undefined)
    throw new ClientError('REQUEST_INVALID', `the object has no key, but a valid ${what} is required`);
  if (!pattern.test(text)) throw new ClientError('REQUEST_INVALID', `'${text.slice(0, 100)}' is not a valid ${what}`);
  return encodeURIComponent(text);
}

const keyOf = (input: KeyInput): string | undefined => (typeof input === 'string' ? input : input.key);

/** The key of a flow, for a body. @throws ClientError REQUEST_INVALID for a flow without a key */
export const keyText = (flow: KeyInput): string => partOf(keyOf(flow), /^([\w-]+\.)?ct1\.[\w-]+$/, 'flow key');

/** The path of a flow. @throws ClientError REQUEST_INVALID for a flow without a key */
export const flowPath = (flow: KeyInput): string =>
  `/conntrack/${partOf(keyOf(flow), /^([\w-]+\.)?ct1\./, 'flow key')}`;

/** The path of an expectation. @throws ClientError REQUEST_INVALID */
export const expectationPath = (expectation: KeyInput): string =>
  `/expectations/${partOf(keyOf(expectation), /^\w[\w.-]+$/, 'expectation key')}`;

/** The path that executes a plan. @throws ClientError REQUEST_INVALID */
export const planPath = (plan: string | { readonly id: string }): string =>
  `/conntrack/plans/${partOf(typeof plan === 'string' ? plan : plan.id, /^[\w-]+$/, 'plan id')}`;
