import { bodyAlone, readBody } from '../http/body/body.js';
import { json } from '../http/context.js';
import { MadeFlowSchema } from '../schemas/flow.js';
import { NewFlowBody, NewFlowSchema } from '../schemas/new-flow.js';
import type { Operation } from './operation.js';

const types = ['application/json'];

export const create: Operation = {
  id: 'createFlow',
  method: 'post',
  path: '/conntrack',
  summary: 'Create a flow',
  description:
    'Adds an entry to the table, and returns it as the kernel stored it. The address family follows from the addresses. If an entry with this tuple exists, the response is 409 `flow-exists` with its `key`. `warnings` lists what the kernel dropped of the flow.',
  tag: 'flows',
  access: 'flows:create',
  mutation: true,
  parameters: {},
  body: { types, schema: NewFlowSchema },
  answers: {
    201: {
      description: 'The new flow',
      content: { 'application/json': MadeFlowSchema },
      headers: { Location: 'The path of the new flow' },
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
