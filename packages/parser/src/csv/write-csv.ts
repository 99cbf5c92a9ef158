import type { Flow } from '@conntrack/flow';
import { COLUMNS, type Column, columnValue } from '@conntrack/flow/columns';
import { hasControls, printableJson } from '@conntrack/flow/text';

/** The columns of a CSV that asks for none: all that a flow has. */
const DEFAULT_COLUMNS = COLUMNS.filter(({ redundant }) => !redundant);

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Text in a cell. What a cell cannot show as it is (control characters, what looks like JSON) is a JSON string; empty text is quoted, no text is not. */
function textCell(text: string): string {
  const shown = /^["[{]/.test(text) || hasControls(text) ? printableJson(text) : text;
  return shown === '' || /[",]/.test(shown) || shown.trim() !== shown ? quoted(shown) : shown;
}

/** Whether an item of a list is a word that the reader takes for the same item. */
const isWord = (item: unknown): boolean =>
  typeof item === 'number' || (typeof item === 'string' && !/^\d*$|[\s"[{]/.test(item) && !hasControls(item));

/** A value in a cell: nothing for one that was not given, lists with spaces between, all else as JSON. */
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

/** One flow's line, without its line end. A record is always one line. */
export const csvLine = (flow: Flow, columns: readonly Column[] = DEFAULT_COLUMNS): string =>
  columns.map(column => cell(columnValue(flow, column))).join(',');
