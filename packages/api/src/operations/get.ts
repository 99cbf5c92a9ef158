import { findField } from '@conntrack/filter';
import { TableError } from '@conntrack/table';
import { z } from '@hono/zod-openapi';
import { answerHeaders } from '../http/answer/answer-headers.js';
import { fieldsParameter, namesOf } from '../http/answer/columns.js';
import { rowJson } from '../http/answer/row-json.js';
import { type Ctx, jsonText } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import { FlowPartSchema, FlowSchema } from '../schemas/flow.js';
import type { Operation } from './operation.js';

const parameters = { fields: fieldsParameter };

const answer = (c: Ctx, text: string): Response => jsonText(text, 200, answerHeaders(c));

export const get: Operation = {
  id: 'getFlow',
  method: 'get',
  path: '/conntrack/{key}',
  summary: 'Get a flow',
  description:
    'Returns one flow by its key. This costs one kernel look-up; the table is not scanned. If another connection has the tuple now, the response is 404 `flow-replaced`.',
  tag: 'flows',
  access: 'flows:read',
  parameters,
  answers: { 200: { description: 'The flow', content: { 'application/json': z.union([FlowSchema, FlowPartSchema]) } } },
  problems: ['key-invalid', 'not-found', 'flow-replaced', 'field-unavailable', 'not-privileged', 'source-failed'],
  handle({ c, raw, table }) {
    const { fields } = readParameters(raw, parameters);
    const measured = namesOf(fields).find(name => ['index', 'rates'].includes(findField(name)!.requires ?? ''));
    if (measured !== undefined)
      throw new TableError(
        'FIELD_UNAVAILABLE',
        `${measured} is measured by an index, and one flow is looked up in the kernel. List the flow instead`,
        { field: measured },
      );
    const text = table.getOf(c.req.param('key')!, rowJson(fields));
    return typeof text === 'string' ? answer(c, text) : text.then(known => answer(c, known));
  },
};
