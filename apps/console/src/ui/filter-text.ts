import { printQuery } from '@conntrack/filter/print';
import { filterOf } from '../model/filter-edit.js';

/** The filter as a query string for a URL. */
export function filterText(text: string): string {
  const filter = filterOf(text);
  return filter === undefined ? '' : printQuery(filter);
}
