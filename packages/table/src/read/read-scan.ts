import { type Filter, fieldsOf } from '@conntrack/filter';
import type { ScanOptions } from '../source/source.js';
import type { ReadOptions } from '../table-options.js';
import { MOVING_FIELDS } from './sort-fields.js';

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
    fields.some(({ field }) => MOVING_FIELDS.has(field)) ||
    filters.some(filter => [...fieldsOf(filter)].some(name => MOVING_FIELDS.has(name))),
});
