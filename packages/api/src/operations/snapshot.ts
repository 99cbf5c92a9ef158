import { negotiate } from '../http/answer/accept.js';
import { SCAN_PROBLEMS } from '../http/problem/problems.js';
import { oneOf } from '../http/query/parameters.js';
import { readFiltered } from '../http/query/query.js';
import { FlowTextSchema } from '../schemas/answers.js';
import { answerList } from './list.js';
import type { Operation } from './operation.js';

/** Formats of a snapshot by media type. The first is the default. */
const FORMATS = { 'application/x-ndjson': 'ndjson', 'text/plain': 'save' } as const;

const parameters = {
  format: oneOf('The format of the snapshot. Default: the Accept header decides, otherwise ndjson', ['ndjson', 'save']),
};

export const snapshot: Operation = {
  id: 'snapshotFlows',
  method: 'get',
  path: '/conntrack/snapshot',
  summary: 'Get a snapshot',
  description:
    'Streams all flows, or those that match a filter, in a form that `POST /conntrack/restore` accepts. NDJSON contains all known fields of a flow, and ends with `{"type":"end",…}`: without this line the response is incomplete. `save` has the lines of conntrack(8)’s `-o save`, for `conntrack -R`, which have fewer fields. Flows are in the kernel’s order. A slow reader slows down the scan. HEAD returns the number of flows in X-Total-Count.',
  tag: 'flows',
  access: 'flows:read',
  parameters,
  filter: 'read',
  answers: {
    200: {
      description: 'The flows',
      content: { 'application/x-ndjson': FlowTextSchema, 'text/plain': FlowTextSchema },
    },
  },
  problems: ['filter-invalid', ...SCAN_PROBLEMS],
  handle(exchange) {
    const { values, ...query } = readFiltered(exchange.raw, parameters, 'read');
    const type = () => negotiate(exchange.c.req.header('accept'), Object.keys(FORMATS)) as keyof typeof FORMATS;
    return answerList(exchange, { ...query, values: { format: values.format ?? FORMATS[type()] } });
  },
};
