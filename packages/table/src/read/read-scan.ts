import { FIELDS, type Filter, fieldsOf } from '@conntrack/filter';
import { readsSilent } from '@conntrack/filter/events';
import type { ScanOptions } from '../source/source.js';
import type { ReadOptions } from '../table-options.js';
import { MOVING_FIELDS } from './sort-fields.js';

/**
 * The fields of which a copy of the table that events keep current has an old value, or none: they change without an event, or no `new`
 * event has them (`start`). Fields of a protocol's tracker are not among them: if an event leaves them out, the entry is looked up at once.
 */
const DUMPED_FIELDS: ReadonlySet<string> = new Set([
  ...MOVING_FIELDS,
  ...FIELDS.filter(
    ({ events, protocols }) => protocols === undefined && events?.carried?.includes('new') === false,
  ).map(({ name }) => name),
]);

/** Whether a filter reads a value that only a dump of the table shows. */
export const needsDump = (filter: Filter): boolean =>
  readsSilent(filter) || [...fieldsOf(filter)].some(name => DUMPED_FIELDS.has(name));

/**
 * Returns how an operation scans that only reads: unless it is asked for fresh rows, a current copy of the table will do. Changes never
 * scan like this.
 *
 * @param fields the fields that it reads beside those of its filter
 * @param filters further filters that it applies
 */
export const readScan = (
  { fresh = false }: Pick<ReadOptions, 'fresh'>,
  fields: readonly { field: string }[] = [],
  filters: readonly Filter[] = [],
): Pick<ScanOptions, 'copy' | 'current'> => ({
  copy: !fresh,
  current:
    // The status has bits that change without an event: those of offloading.
    fields.some(({ field }) => field === 'status' || DUMPED_FIELDS.has(field)) || filters.some(needsDump),
});
