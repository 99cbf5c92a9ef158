import { z } from '@hono/zod-openapi';
import { readForm, readJson } from '../http/body.js';
import { ParameterFault, type Values } from '../http/parameters.js';
import { readFiltered, readParameters } from '../http/query.js';
import type { Exchange, Operation } from '../operation.js';
import { type Fault, Problem } from '../problems.js';
import { BODY_FILTER_LIMITS, FilterSchema, readBodyFilter } from '../schemas/filter-body.js';
import { answerList, type ListQuery, list, listParameters } from './list.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const types = [JSON_TYPE, FORM_TYPE];

const parameter = z.union([z.string(), z.number(), z.array(z.string())]).optional();

/** The body of a search: the filter, and the parameters of a list. */
const SearchSchema = z
  .strictObject({
    filter: FilterSchema,
    ...Object.fromEntries(
      Object.entries(listParameters).map(([name, { description }]) => [name, parameter.openapi({ description })]),
    ),
  })
  .openapi('Search', { example: { filter: 'proto == tcp and dst in 10.0.0.0/8', sort: '-bytes', limit: 10 } });

/** A JSON body's members as the query string's parameters would be read. */
function readSearch({ filter: given, ...members }: z.output<typeof SearchSchema>): ListQuery {
  const faults: Fault[] = [];
  const filter = readBodyFilter(given, '/filter', 'read', faults);
  const filterFaults = faults.length;
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    try {
      values[name] = listParameters[name as keyof typeof listParameters].read(String(value));
    } catch (error) {
      if (!(error instanceof ParameterFault)) throw error;
      const { message, expected } = error;
      faults.push({ code: 'invalid', message, pointer: `/${name}`, ...(expected.length > 0 && { expected }) });
    }
  }
  if (filter === undefined || faults.length > 0)
    throw new Problem(
      filterFaults > 0 ? 'filter-invalid' : 'body-invalid',
      faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('; '),
      { errors: faults },
    );
  return { ...filter, values: values as Values<typeof listParameters> };
}

async function answer(exchange: Exchange): Promise<Response> {
  const { c } = exchange;
  const body = await readForm(c, types);
  const query =
    body.type === FORM_TYPE
      ? readFiltered(body.text, listParameters, 'read', BODY_FILTER_LIMITS)
      : readSearch(readJson(body.text, SearchSchema));
  return answerList(exchange, query);
}

const shared = {
  tag: 'flows',
  access: 'flows:read',
  parameters: {},
  body: { types, schema: SearchSchema },
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
    readParameters(exchange.raw, {});
    return answer(exchange);
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
