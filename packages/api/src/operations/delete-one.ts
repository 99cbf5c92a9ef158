import { refuseBody } from '../http/body/body.js';
import { empty } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import type { Operation } from './operation.js';

export const deleteOne: Operation = {
  id: 'deleteFlow',
  method: 'delete',
  path: '/conntrack/{key}',
  summary: 'Delete a flow',
  description:
    'Deletes one flow by its key. The key contains the flow’s id: if another connection has the tuple now, it is not deleted, and the response is 404 `flow-replaced`.',
  tag: 'flows',
  access: 'flows:delete',
  mutation: true,
  parameters: {},
  answers: { 204: { description: 'The flow was deleted' } },
  problems: ['key-invalid', 'not-found', 'flow-replaced', 'protected', 'not-privileged', 'source-failed'],
  async handle({ c, raw, table, audit }) {
    const key = c.req.param('key')!;
    audit({ key });
    readParameters(raw, {});
    refuseBody(c);
    await table.delete(key);
    return empty(204);
  },
};
