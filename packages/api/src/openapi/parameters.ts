import { FIELDS, type FlowField, keyWordOf, type Operator, operatorsOf } from '@conntrack/filter';
import { FIELD_DOCS } from '@conntrack/filter/docs';
import type { Operation } from '../operations/operation.js';

// The parameters of the document. Each filter field is a parameter, and so is each field with an operator: generated
// clients accept declared names only.

/** A filter parameter of the query string: `bytes` or `bytes.gte`. */
interface FilterKey {
  readonly key: string;
  readonly parameter: object;
}

/** The meaning of an operator after a field's name. */
const ASKS: Readonly<Record<Operator, string>> = {
  eq: 'is none of the values of the list',
  gt: 'is greater than the value',
  gte: 'is the value or greater',
  lt: 'is less than the value',
  lte: 'is the value or less',
  all: 'has all values of the list',
  exists: 'is present (`true`) or absent (`false`)',
};

const truth = { type: 'boolean' } as const;
const query = (name: string, description: string, schema: object): object => ({
  name,
  in: 'query',
  required: false,
  description,
  schema,
});

function plain(field: FlowField): FilterKey {
  const { name, type, unit, values, requires } = field;
  const list = type === 'flag' || type === 'pair' ? '' : '. A list (`a,b`) matches any of its values';
  const more = `${unit ? `. In ${unit}` : ''}${values ? `. Values: ${values.join(', ')}` : ''}${requires ? `. Needs ${requires}` : ''}`;
  const schema = type === 'flag' ? truth : { type: 'string' };
  return { key: name, parameter: query(name, `${FIELD_DOCS[name].summary}${list}${more}`, schema) };
}

function withOperator(field: FlowField, operator: Operator): FilterKey {
  const key = `${field.name}.${keyWordOf(operator)}`;
  const schema = operator === 'exists' ? truth : { type: 'string' };
  return { key, parameter: query(key, `\`${field.name}\` ${ASKS[operator]}`, schema) };
}

/** The parameters of a field. A flag has no operators: its value is true or false. */
const keysOf = (field: FlowField): FilterKey[] => [
  plain(field),
  ...(field.type === 'flag' ? [] : operatorsOf(field).map(operator => withOperator(field, operator))),
];

const isOfEvents = ({ requires }: FlowField): boolean => requires === 'events';
const OF_FLOWS = FIELDS.filter(field => !isOfEvents(field)).flatMap(keysOf);
const OF_EVENTS = [...OF_FLOWS, ...FIELDS.filter(isOfEvents).flatMap(keysOf)];

const componentOf = (key: string): string => `filter.${key}`;

/** The document's `components.parameters`. */
export const FILTER_PARAMETERS: Readonly<Record<string, object>> = Object.fromEntries(
  OF_EVENTS.map(({ key, parameter }) => [componentOf(key), parameter]),
);

/** The parameters in paths. */
const PATH_PARAMETERS: Readonly<Record<string, { description: string; schema: object }>> = {
  key: {
    description: 'The `key` of the flow or of the expectation, from a response of this API',
    schema: { type: 'string', pattern: '^([\\w-]+\\.)?ct1\\.[\\w-]+$' },
  },
  netns: {
    description: 'The name of the network namespace, as `ip netns` shows it',
    schema: { type: 'string', maxLength: 64 },
  },
  file: { description: 'The name of the file', schema: { type: 'string', enum: ['app.js', 'style.css'] } },
  code: { description: 'The problem’s code', schema: { type: 'string', example: 'filter-invalid' } },
  plan: { description: 'The plan’s id', schema: { type: 'string', format: 'uuid' } },
};

const pathParameters = (path: string): object[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, ...PATH_PARAMETERS[name!] }));

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A text that is unique for each change, for example a UUID. For ten minutes, a repeat of the request with this key gets the first response, and the change is not made again',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

/** The parameters of an operation: path, headers and query string. */
export const parametersOf = (operation: Operation): object[] => [
  ...pathParameters(operation.path),
  ...(operation.mutation ? [IDEMPOTENCY_KEY] : []),
  ...Object.entries(operation.parameters).map(([name, { description, schema, required = false }]) => ({
    name,
    in: 'query',
    description,
    required,
    schema,
  })),
  // If an operation has a parameter with the name of a field, the parameter is used.
  ...(operation.filter ? (operation.endless ? OF_EVENTS : OF_FLOWS) : [])
    .filter(({ key }) => !Object.hasOwn(operation.parameters, key))
    .map(({ key }) => ({ $ref: `#/components/parameters/${componentOf(key)}` })),
];
