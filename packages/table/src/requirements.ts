import { FIELDS, type Filter, fieldsOf } from '@conntrack/filter';
import { REQUIREMENT_SYSCTL } from './capabilities.js';
import { TableError } from './errors.js';
import type { SortTerm } from './sort.js';
import type { TableSource } from './source.js';

/**
 * Refuses a filter or sort over fields that the source does not record: an empty answer would look like "nothing matches".
 *
 * @throws TableError FIELD_UNAVAILABLE, naming the sysctl that turns the field on.
 */
export async function checkAvailable(
  source: TableSource,
  { filter, sort, signal }: { filter?: Filter; sort?: readonly SortTerm[]; signal?: AbortSignal },
): Promise<void> {
  const needed = new Map<string, keyof typeof REQUIREMENT_SYSCTL>();
  const names = [...(filter ? fieldsOf(filter) : []), ...(sort ?? []).map(({ field }) => field)];
  for (const name of names) {
    const requires = FIELDS.find(field => field.name === name)?.requires;
    if (requires !== undefined && requires in REQUIREMENT_SYSCTL)
      needed.set(name, requires as keyof typeof REQUIREMENT_SYSCTL);
  }
  if (needed.size === 0) return;
  const capabilities = await source.capabilities(signal);
  for (const [field, requirement] of needed) {
    if (capabilities[requirement]) continue;
    const sysctl = REQUIREMENT_SYSCTL[requirement];
    throw new TableError(
      'FIELD_UNAVAILABLE',
      `'${field}' is not recorded while ${sysctl} is 0; turn it on with: sysctl -w ${sysctl}=1 (it holds for new connections)`,
      { field, sysctl },
    );
  }
}
