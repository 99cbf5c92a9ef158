import { flushFilter, TableError, type TableFlushScope } from '@conntrack/table';
import { bodyAlone, readBody } from '../http/body/body.js';
import { json } from '../http/context.js';
import { ownConnection } from '../http/guard/own-connection.js';
import { FlushedSchema } from '../schemas/answers.js';
import { FlushSchema } from '../schemas/flush.js';
import { counted, countsOf } from './bulk-outcome.js';
import { given, type Operation } from './operation.js';

const types = ['application/json'];

export const flush: Operation = {
  id: 'flushFlows',
  method: 'post',
  path: '/conntrack/flush',
  summary: 'Flush the table',
  description:
    'Deletes all entries, or those of one family, zone or mark, in one kernel operation. The kernel does not report how many it deleted. If the server has a `protect` filter, the flush deletes flow by flow instead: it skips protected flows and the caller’s own connection, and reports counts. `confirm` is required; `expect` limits the flush to an exact number of flows. Not available to tokens that are limited by a filter.',
  tag: 'flows',
  access: 'flows:flush',
  whole: true,
  mutation: true,
  intends: true,
  parameters: {},
  body: { types, schema: FlushSchema },
  answers: {
    200: {
      description: 'The scope of the flush, and counts where they are known',
      content: { 'application/json': FlushedSchema },
    },
  },
  problems: ['expect-mismatch', 'unsupported', 'not-privileged', 'source-failed'],
  async handle(exchange) {
    const { c, raw, table, signal, audit } = exchange;
    const { confirm: _, expect, ...rest } = await bodyAlone(raw, () => readBody(c, types, FlushSchema));
    const part = given(rest);
    const scope: TableFlushScope = Object.keys(part).length === 0 ? { all: true } : part;
    audit({ scope, ...(expect !== undefined && { expect }) });
    let matched: number | undefined;
    if (expect !== undefined) {
      matched = await table.count({ filter: flushFilter(scope), signal });
      audit({ matched });
      if (matched !== expect)
        throw new TableError(
          'EXPECT_MISMATCH',
          `${matched} flows exist, but ${expect} were expected; nothing was flushed`,
          {
            matched,
          },
        );
    }
    const skip = ownConnection(c);
    exchange.intend();
    const flushing = table.flush(scope, { signal: exchange.stopping, ...(skip && { skip }) });
    const result = await counted(exchange, flushing, 'deleted');
    return json({
      flushed: scope,
      ...(matched !== undefined && { matched }),
      ...(result && countsOf(result, 'deleted')),
    });
  },
};
