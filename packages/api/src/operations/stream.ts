import { STREAM_FORMAT_NAMES, streamFormatOf } from '../http/answer/formats.js';
import { integer, oneOf } from '../http/query/parameters.js';
import { readFiltered } from '../http/query/query.js';
import { answerList, list, TEXT_CONTENT } from './list.js';
import { listParameters, MAX_LIMIT } from './list-query.js';
import type { Operation } from './operation.js';

const { cursor: _, offset: __, ...shared } = listParameters;

const parameters = {
  ...shared,
  limit: integer(
    `Maximum number of flows. Default: all. Required with \`sort\`, and then at most ${MAX_LIMIT}`,
    1,
    1e12,
  ),
  format: oneOf(
    'The format of the response. Default: the Accept header decides, otherwise ndjson',
    STREAM_FORMAT_NAMES,
  ),
};

export const streamFlows: Operation = {
  id: 'streamFlows',
  method: 'get',
  path: '/conntrack/stream',
  summary: 'Stream flows as text',
  description:
    'Streams all flows that match a filter while the table is read: as NDJSON, CSV, or the text or XML of conntrack(8). Flows are in the kernel’s order, or in the order of `sort`. A slow reader slows down the scan. The last line of NDJSON is `{"type":"end",…}`: without it the response is incomplete. In a generated client, read the response as text or as a stream.',
  tag: 'flows',
  access: 'flows:read',
  parameters,
  filter: 'read',
  answers: {
    200: {
      description: 'The flows, one per line',
      content: TEXT_CONTENT,
    },
  },
  problems: list.problems.filter(code => code !== 'cursor-invalid'),
  handle(exchange) {
    const { values, ...query } = readFiltered(exchange.raw, parameters, 'read');
    const { format = streamFormatOf(exchange.c.req.header('accept')) } = values;
    return answerList(exchange, { ...query, values: { ...values, format } });
  },
};
