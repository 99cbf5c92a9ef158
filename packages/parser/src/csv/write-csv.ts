import type { Flow } from '@conntrack/flow';
import { COLUMNS, type Column, columnValue } from '@conntrack/flow/columns';
import { hasControls, printableJson } from '@conntrack/flow/text';

/** The default columns: everything that a flow has. */
const DEFAULT_COLUMNS = COLUMNS.filter(({ redundant }) => !redundant);

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/**
 * Writes text in a cell. Text that a cell cannot show (control characters, text that looks like JSON) becomes a JSON string. Empty text is
 * quoted; absent text is not.
 */
function textCell(text: string): string {
  const shown = /^["[{]/.test(text) || hasControls(text) ? printableJson(text) : text;
  return shown === '' || /[",]/.test(shown) || shown.trim() !== shown ? quoted(shown) : shown;
}

/** Whether the reader would read an item of a list back as the same item. */
const isWord = (item: unknown): boolean =>
  typeof item === 'number' || (typeof item === 'string' && !/^\d*$|[\s"[{]/.test(item) && !hasControls(item));

/** Writes a value in a cell: nothing for an absent value, lists separated by spaces, everything else as JSON. */
function cell(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return textCell(value);
  if (Array.isArray(value) && value.length > 0 && value.every(isWord)) return value.join(' ');
  const json = printableJson(value);
  return /[",]/.test(json) ? quoted(json) : json;
}

/** The header line of RFC 4180. */
export const csvHead = (columns: readonly Column[] = DEFAULT_COLUMNS): string =>
  columns.map(({ name }) => name).join(',');

/** The line of one flow, without its line end. A record is always one line. */
export const csvLine = (flow: Flow, columns: readonly Column[] = DEFAULT_COLUMNS): string =>
  columns.map(column => cell(columnValue(flow, column))).join(',');
