import { ClientError } from './errors.js';
import { type FilterInput, filterText } from './filter-text.js';

/** What a query parameter can be given as; an absent one is not sent. */
type Value = string | number | boolean | readonly string[] | undefined;

/** Filter and parameters as one query string. */
export function queryOf(filter: FilterInput | undefined, parameters: Readonly<Record<string, Value>> = {}): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(Array.isArray(value) ? value.join(',') : String(value))}`);
  return [filterText(filter), ...pairs].filter(part => part !== '').join('&');
}

/** A flow's key, or the flow itself. */
export type KeyInput = string | { readonly key?: string | undefined };

/** The path of one flow. @throws ClientError REQUEST_INVALID for a flow that has no key. */
export function flowPath(flow: KeyInput): string {
  const key = typeof flow === 'string' ? flow : flow.key;
  // An empty key would be the path of all flows.
  if (!key?.startsWith('ct1.'))
    throw new ClientError(
      'REQUEST_INVALID',
      `'${String(key).slice(0, 100)}' is no flow key; flows from lists have one`,
    );
  return `/conntrack/${encodeURIComponent(key)}`;
}
