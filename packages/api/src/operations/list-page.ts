import { printQuery } from '@conntrack/filter/print';
import { encodedText } from '../http/answer/encoding.js';
import { rowJson } from '../http/answer/row-json.js';
import { filterMeta } from './filter-meta.js';
import { DEFAULT_LIMIT, type ListQuery, positionFor, readsOf } from './list-query.js';
import { type Exchange, given } from './operation.js';

/** Responds with one page as JSON. */
export async function answerPage(exchange: Exchange, { filter, warnings, values }: ListQuery): Promise<Response> {
  const { limit = DEFAULT_LIMIT, fields, sort, cursor, offset, fresh } = values;
  const position = await positionFor(exchange, filter, values.position);
  const { items, next, more, scanned, matched } = await exchange.table.pageOf(
    { filter, limit, signal: exchange.signal, ...readsOf(values), ...given({ sort, cursor, offset, fresh }) },
    rowJson(fields),
  );
  const meta = {
    scanned,
    matched,
    more,
    ...filterMeta(exchange.table, printQuery(filter), warnings),
    ...given({ position }),
  };
  const text = `{"items":[${items.join()}],"next":${JSON.stringify(next)},"meta":${JSON.stringify(meta)}}\n`;
  return encodedText(exchange.c, text);
}
