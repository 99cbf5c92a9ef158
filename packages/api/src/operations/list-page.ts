import { printQuery } from '@conntrack/filter/print';
import { printableJson } from '@conntrack/flow/text';
import type { RowCursor } from '@conntrack/table';
import { type Column, project } from '../http/answer/columns.js';
import { encodedText } from '../http/answer/encoding.js';
import { JSON_ROW } from '../http/answer/formats.js';
import { DEFAULT_LIMIT, type ListQuery, positionFor } from './list-query.js';
import { type Exchange, given } from './operation.js';

/** Bytes reserved for a row's JSON. Longer rows are rare and take a slower path. */
const ROW = 8 * 1024;

/** Responds with one page as JSON. */
export async function answerPage(exchange: Exchange, { filter, warnings, values }: ListQuery): Promise<Response> {
  const { limit = DEFAULT_LIMIT, fields, sort, cursor } = values;
  const position = await positionFor(exchange, filter, values.position);
  const { items, next, more, scanned, matched } = await exchange.table.pageOf(
    { filter, limit, signal: exchange.signal, ...given({ sort, cursor }) },
    rowJson(fields),
  );
  const meta = {
    scanned,
    matched,
    more,
    filter: printQuery(filter),
    ...given({ position }),
    ...(warnings.length > 0 && { warnings }),
  };
  const text = `{"items":[${items.join()}],"next":${JSON.stringify(next)},"meta":${JSON.stringify(meta)}}\n`;
  return encodedText(exchange.c, text);
}

/** Makes a function that writes a row as JSON. The kernel source can do it without making a flow object. */
export function rowJson(fields: readonly Column[] | undefined): (row: RowCursor) => string {
  if (fields !== undefined) return row => printableJson(project(row.flow(), fields));
  const scratch = Buffer.allocUnsafe(ROW);
  return row => {
    const end = row.write?.(JSON_ROW, scratch, 0) ?? -1;
    return end < 0 ? printableJson(row.flow()) : scratch.toString('utf8', 0, end);
  };
}
