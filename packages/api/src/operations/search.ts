import { BODY_FILTER_LIMITS } from '../schemas/filter-body.js';
import { filteredBody } from '../schemas/filtered-body.js';
import { answerList, list } from './list.js';
import { listParameters } from './list-query.js';
import type { Operation } from './operation.js';

const body = filteredBody(listParameters, {
  name: 'Search',
  description: 'A filter with the parameters of a list',
  example: { filter: 'proto == tcp and dst in 10.0.0.0/8', sort: '-bytes', limit: 10 },
});

const shared = {
  tag: 'flows',
  access: 'flows:read',
  parameters: {},
  body,
  answers: list.answers,
  problems: [...list.problems],
} as const satisfies Partial<Operation>;

export const search: Operation = {
  ...shared,
  id: 'searchFlows',
  method: 'post',
  path: '/conntrack/search',
  summary: 'Search flows with the filter in the body',
  description: `Like \`GET /conntrack\`, for filters that are too long for a URL: up to ${BODY_FILTER_LIMITS.values} values in a list. The body is JSON, or a query string.`,
  async handle(exchange) {
    return answerList(exchange, await body.read(exchange));
  },
};

export const query: Operation = {
  ...shared,
  id: 'queryFlows',
  method: 'query',
  path: '/conntrack',
  summary: 'Search flows with the QUERY method',
  description:
    'Like `POST /conntrack/search`. QUERY is safe and idempotent like GET, so proxies may repeat it. OpenAPI 3.1 does not support this method: in the document it is under `x-query`.',
  handle: search.handle,
};
