import { type FlushScope, flushFilter, TableError } from '@conntrack/table';
import { readBody, together } from '../http/body.js';
import { json } from '../http/context.js';
import { readParameters } from '../http/query.js';
import { given, type Operation } from '../operation.js';
import { FlushedSchema } from '../schemas/answers.js';
import { FlushSchema } from '../schemas/flush.js';

const types = ['application/json'];

/** `POST /conntrack/flush`. */
export const flush: Operation = {
  id: 'flush',
  method: 'post',
  path: '/conntrack/flush',
  summary: 'Empty the table, or its part of a family, zone or mark',
  description:
    'Protected flows are not spared: this is the verb that empties. The kernel does not say how many flows it deleted.',
  tag: 'flows',
  access: 'flows:flush',
  whole: true,
  mutation: true,
  parameters: {},
  body: { types, schema: FlushSchema },
  answers: { 200: { description: 'What was flushed', content: { 'application/json': FlushedSchema } } },
  problems: ['expect-mismatch', 'unsupported', 'not-privileged', 'source-failed'],
  async handle({ c, raw, table, signal, audit }) {
    const [, { confirm: _, expect, ...rest }] = await together(
      () => readParameters(raw, {}),
      () => readBody(c, types, FlushSchema),
    );
    const part = given(rest);
    const scope: FlushScope = Object.keys(part).length === 0 ? { all: true } : part;
    audit({ scope, ...(expect !== undefined && { expect }) });
    let matched: number | undefined;
    if (expect !== undefined) {
      matched = await table.count({ filter: flushFilter(scope), signal });
      audit({ matched });
      if (matched !== expect)
        throw new TableError(
          'EXPECT_MISMATCH',
          `${matched} flows are there where ${expect} were expected; nothing was flushed`,
          {
            matched,
          },
        );
    }
    await table.flush(scope, { signal });
    return json({ flushed: scope, ...(matched !== undefined && { matched }) });
  },
};
