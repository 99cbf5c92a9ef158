import { bodyAlone, readBody } from '../http/body/body.js';
import { json } from '../http/context.js';
import { MadeFlowSchema } from '../schemas/flow.js';
import { NewFlowBody, NewFlowSchema } from '../schemas/new-flow.js';
import type { Operation } from './operation.js';

const types = ['application/json'];

/** `POST /conntrack`. */
export const create: Operation = {
  id: 'createFlow',
  method: 'post',
  path: '/conntrack',
  summary: 'Create a flow',
  description:
    'Adds an entry to the table and returns it as the table has it. The family follows from the addresses. If a flow has this tuple, the answer is 409 `flow-exists`.',
  tag: 'flows',
  access: 'flows:create',
  mutation: true,
  parameters: {},
  body: { types, schema: NewFlowSchema },
  answers: {
    201: {
      description: 'The flow as the table has it',
      content: { 'application/json': MadeFlowSchema },
      headers: { Location: 'Its path, by its key' },
    },
  },
  problems: ['flow-exists', 'change-invalid', 'unsupported', 'no-room', 'outside', 'not-privileged', 'source-failed'],
  async handle({ c, raw, table, base, audit }) {
    const body = await bodyAlone(raw, () => readBody(c, types, NewFlowBody));
    audit({ tuple: body.original, protonum: body.protonum });
    const flow = await table.create(body);
    audit({ key: flow.key });
    return json(flow, 201, flow.key === undefined ? {} : { location: `${base}/conntrack/${flow.key}` });
  },
};
