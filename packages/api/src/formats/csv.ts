import type { Flow } from '@conntrack/flow';
import { COLUMNS, type Column, cellOf } from './columns.js';

/** The columns of a CSV that asks for none. */
const DEFAULT_COLUMNS = COLUMNS.filter(({ rare }) => !rare);

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A value in a cell: nothing for one that was not given, lists with spaces, objects as JSON. */
function cell(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value) && value.every(item => typeof item !== 'object')) return quoted(value.join(' '));
  return quoted(JSON.stringify(value));
}

/** RFC 4180's header line. */
export const csvHead = (columns: readonly Column[] = DEFAULT_COLUMNS): string =>
  `${columns.map(({ name }) => name).join(',')}\r\n`;

/** One flow's line. */
export const csvLine = (flow: Flow, columns: readonly Column[] = DEFAULT_COLUMNS): string =>
  `${columns.map(column => cell(cellOf(flow, column))).join(',')}\r\n`;
