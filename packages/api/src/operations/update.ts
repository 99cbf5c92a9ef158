import { requireChange } from '../auth/scopes-of-change.js';
import { bodyAlone, readBody } from '../http/body/body.js';
import { json } from '../http/context.js';
import { ChangeBody, ChangeSchema } from '../schemas/change.js';
import { FlowSchema } from '../schemas/flow.js';
import type { Operation } from './operation.js';

/** The media type of RFC 7396, and plain JSON. */
export const CHANGE_TYPES = ['application/merge-patch+json', 'application/json'];

export const update: Operation = {
  id: 'updateFlow',
  method: 'patch',
  path: '/conntrack/{key}',
  summary: 'Update a flow',
  description:
    'Changes the mark, timeout, status or labels of one flow, and returns the flow after the change. Absent members are not changed. If another connection has the tuple now, it is not changed, and the response is 404 `flow-replaced`.',
  tag: 'flows',
  access: 'flows:update',
  mutation: true,
  parameters: {},
  body: { types: CHANGE_TYPES, schema: ChangeSchema },
  answers: { 200: { description: 'The flow after the change', content: { 'application/json': FlowSchema } } },
  problems: [
    'key-invalid',
    'not-found',
    'flow-replaced',
    'flow-busy',
    'protected',
    'change-invalid',
    'unsupported',
    'outside',
    'not-privileged',
    'source-failed',
  ],
  async handle({ c, raw, table, principal, audit }) {
    const key = c.req.param('key')!;
    audit({ key });
    const change = await bodyAlone(raw, () => readBody(c, CHANGE_TYPES, ChangeBody));
    audit({ change });
    requireChange(principal, change);
    return json(await table.update(key, change));
  },
};
