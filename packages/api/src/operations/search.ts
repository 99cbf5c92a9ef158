import type { Operation } from '../operation.js';
import { BODY_FILTER_LIMITS } from '../schemas/filter-body.js';
import { filteredBody } from '../schemas/filtered-body.js';
import { answerList, list, listParameters } from './list.js';

const body = filteredBody(listParameters, {
  name: 'Search',
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

/** `POST /conntrack/search`. */
export const search: Operation = {
  ...shared,
  id: 'searchFlows',
  method: 'post',
  path: '/conntrack/search',
  summary: 'Flows that match a filter in the body',
  description: `The list of \`GET /conntrack\` for filters that are too long for a URL: up to ${BODY_FILTER_LIMITS.values} values in a list. As JSON, or as the query string in the body.`,
  async handle(exchange) {
    return answerList(exchange, await body.read(exchange));
  },
};

/** `QUERY /conntrack`. */
export const query: Operation = {
  ...shared,
  id: 'queryFlows',
  method: 'query',
  path: '/conntrack',
  summary: 'The same by the QUERY method',
  description: 'Safe and repeatable, as GET is. OpenAPI 3.1 has no place for the method: it stands under `x-query`.',
  handle: search.handle,
};
