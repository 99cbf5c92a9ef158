/**
 * Writers that turn entries into text directly from the kernel's bytes, several times as fast as through objects.
 *
 * @module
 */

export { type EntryFormat, NEEDS_FLOW, NO_ROOM } from './entry/format.js';
export { ByteWriter } from './entry/text/byte-writer.js';
export { ascii } from './entry/text/fixed-text.js';
export { type EntryFormatOptions, entryFormat } from './entry/text/formats.js';
export { LineWriter } from './entry/text/line.js';
export { quantityText } from './entry/text/quantities.js';
export type { PlacedColumn } from './entry/text/screen-table.js';
export { TABLE_COLUMNS, type TableColumn } from './entry/text/screen-table.js';
export { TableRow, tableCells, tableFormat } from './entry/text/screen-table-row.js';
export type { TextStyle } from './entry/text/style.js';
export { XML_HEAD, XML_TAIL, XmlWriter } from './entry/text/xml.js';
