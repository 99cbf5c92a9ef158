import { FIELDS, type Filter, fieldsOf, findField } from '@conntrack/filter';
import { readsSilent } from '@conntrack/filter/events';
import type { ScanOptions } from '../source/source.js';
import type { ListOptions } from '../table-options.js';
import { MOVING_FIELDS } from './sort-fields.js';

/**
 * The fields of which a copy of the table that events keep current has an old value, or none: they change without an event, or no `new`
 * event has them (`start`). Fields of a protocol's tracker are not among them: if an event leaves them out, the entry is looked up at once.
 */
const DUMPED_FIELDS: ReadonlySet<string> = new Set([
  ...MOVING_FIELDS,
  ...FIELDS.filter(
    ({ events, protocols, requires }) =>
      protocols === undefined && requires !== 'index' && events?.carried?.includes('new') === false,
  ).map(({ name }) => name),
]);

/** Whether a filter reads a value that only a dump of the table shows. */
export const needsDump = (filter: Filter): boolean =>
  readsSilent(filter) || [...fieldsOf(filter)].some(name => DUMPED_FIELDS.has(name));

/**
 * Returns how an operation scans that only reads: unless it is asked for fresh rows, a current copy of the table will do. Changes never
 * scan like this.
 *
 * @param fields the fields that it reads beside those of its filter and of the caller
 * @param filters further filters that it applies
 */
export function readScan(
  { fresh = false, filter, reads = [] }: Pick<ListOptions, 'fresh' | 'filter' | 'reads'>,
  fields: readonly { field: string }[] = [],
  filters: readonly Filter[] = [],
): Pick<ScanOptions, 'copy' | 'current' | 'measured'> {
  const names = [...reads, ...fields.map(({ field }) => field)];
  const all = [...(filter ? [filter] : []), ...filters].flatMap(each => [...fieldsOf(each)]);
  const needs = new Set([...names, ...all].map(name => findField(name)?.requires));
  const measured = {
    ...(needs.has('rates') && { rates: true }),
    ...(needs.has('index') && { firstSeen: true }),
  };
  return {
    copy: !fresh,
    // The status has bits that change without an event: those of offloading.
    current: names.some(name => name === 'status' || DUMPED_FIELDS.has(name)) || filters.some(needsDump),
    ...(Object.keys(measured).length > 0 && { measured }),
  };
}
