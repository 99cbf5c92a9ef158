import { FIELDS, type Field, keyWordOf, operatorsOf } from '@conntrack/filter';
import { FIELD_DOCS } from '@conntrack/filter/docs';
import { OpenAPIHono } from '@hono/zod-openapi';
import { EXAMPLES, problemContent } from './openapi-examples.js';
import type { Operation } from './operation.js';
import { PROBLEMS, type ProblemCode } from './problems.js';
import { ProblemSchema } from './schemas/answers.js';

/** Problems that any route can have, and those of routes with what the key says. */
const EVERYWHERE: readonly ProblemCode[] = [
  'request-malformed',
  'parameter-invalid',
  'token-in-url',
  'host-forbidden',
  'origin-forbidden',
  'not-acceptable',
  'headers-too-large',
  'client-left',
  'internal',
  'aborted',
];
const WITH_ACCESS: readonly ProblemCode[] = [
  'unauthenticated',
  'scope-missing',
  'too-many-requests',
  'keys-unavailable',
];
const WITH_BODY: readonly ProblemCode[] = [
  'json-malformed',
  'body-too-large',
  'media-type-unsupported',
  'expectation-failed',
  'body-invalid',
];

/** Every problem that an operation can answer with. */
export const problemsOf = (operation: Operation): ProblemCode[] => [
  ...new Set([
    ...EVERYWHERE,
    ...(operation.access === 'public' ? [] : WITH_ACCESS),
    ...(operation.endless ? (['too-many-subscribers', 'server-busy'] as const) : []),
    ...(operation.whole ? (['outside'] as const) : []),
    ...(operation.mutation
      ? (['precondition-failed', 'idempotency-key-invalid', 'idempotency-key-reused'] as const)
      : []),
    ...(operation.body ? WITH_BODY : operation.mutation ? (['body-unexpected'] as const) : []),
    ...operation.problems,
  ]),
];

const parameterName = (field: Field): string => `filter.${field.name}`;

/** A filter field as a query parameter. Its operators stand behind its name: `bytes.gte`. */
function filterParameter(field: Field): object {
  // `not` is the negation of equality: what cannot be equal to anything (a word) has none.
  const keys = operatorsOf(field).map(keyWordOf);
  const more = keys.map(key => `\`${field.name}.${key}\``).join(', ');
  const { type, unit, values, requires } = field;
  const list = type === 'flag' || type === 'pair' ? '' : '. A list (`a,b`) means any of them';
  return {
    name: field.name,
    in: 'query',
    required: false,
    description: `${FIELD_DOCS[field.name].summary}${list}${unit ? `; in ${unit}` : ''}${values ? `; ${values.join(', ')}` : ''}. Also ${more}${requires ? `. Needs ${requires}` : ''}`,
    schema: { type: 'string' },
    allowEmptyValue: type === 'flag' || type === 'nat',
  };
}

/** What stands in the braces of a path. */
const PATH_PARAMETERS: Readonly<Record<string, { description: string; schema: object }>> = {
  key: {
    description: 'The `key` of the flow, or of the expectation',
    schema: { type: 'string', pattern: '^ct1\\.[\\w-]+$' },
  },
  netns: { description: 'The network namespace, as ip-netns(8) calls it', schema: { type: 'string', maxLength: 64 } },
  code: { description: 'The problem’s `code`', schema: { type: 'string', example: 'filter-invalid' } },
  plan: { description: 'The plan’s `id`', schema: { type: 'string', format: 'uuid' } },
};

const pathParameters = (path: string): object[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, ...PATH_PARAMETERS[name!] }));

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Any text of the client’s, new for each change. A request that is sent again with it gets the answer of the first one, for ten minutes, and changes nothing again',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const parametersOf = (operation: Operation): object[] => [
  ...pathParameters(operation.path),
  ...(operation.mutation ? [IDEMPOTENCY_KEY] : []),
  ...Object.entries(operation.parameters).map(([name, { description, schema, required = false }]) => ({
    name,
    in: 'query',
    description,
    required,
    schema,
  })),
  // An operation's own parameter wins over the field of its name.
  ...(operation.filter ? FIELDS : [])
    .filter(({ name }) => !Object.hasOwn(operation.parameters, name))
    .map(field => ({ $ref: `#/components/parameters/${parameterName(field)}` })),
];

/** Problems by status, each with its codes. */
function problemAnswers(operation: Operation): Record<string, object> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(operation)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map(code => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
        headers: headersOf({ ...HEADERS.always, ...(RETRIED.has(Number(status)) && HEADERS.retry) }),
        content: problemContent(codes, ProblemSchema),
      },
    ]),
  );
}

/** Headers of answers, and what they say. */
const HEADERS = {
  always: {
    'X-Request-Id': 'What the logs call this request: the client’s own, or one that was made',
    'Server-Timing': 'Milliseconds until the answer was there',
  },
  limited: {
    'RateLimit-Policy': 'Requests that the principal may send, and in how many seconds',
    RateLimit: 'How many are left, and in how many seconds all are',
  },
  retry: { 'Retry-After': 'Seconds after which another try is worth it, where that is known' },
} as const;
const RETRIED: ReadonlySet<number> = new Set([429, 503]);

const headersOf = (headers: Readonly<Record<string, string>>): Record<string, object> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

const answersOf = (operation: Operation): Record<string, object> =>
  Object.fromEntries(
    Object.entries(operation.answers).map(([status, { description, content, headers }]) => {
      const examples = EXAMPLES[operation.id.replace(/InNetns$/, '')];
      return [
        status,
        {
          description,
          headers: headersOf({
            ...HEADERS.always,
            ...(operation.access !== 'public' && HEADERS.limited),
            ...headers,
          }),
          ...(content && {
            content: Object.fromEntries(
              Object.entries(content).map(([type, schema]) => [
                type,
                { schema, ...(examples?.[type] !== undefined && { example: examples[type] }) },
              ]),
            ),
          }),
        },
      ];
    }),
  );

/** Which token, if any. Scopes of a bearer token have their place in OpenAPI 3.1. */
const securityOf = ({ access, also = [] }: Operation): Record<string, string[]>[] =>
  access === 'public'
    ? []
    : typeof access === 'object'
      ? access.map(scope => ({ token: [scope, ...also] }))
      : [{ token: access === 'any' ? [] : [access, ...also] }];

/** Where an operation stands in its path's item: OpenAPI has QUERY from 3.2 on. */
export const placeOf = ({ method }: Operation): string => (method === 'query' ? 'x-query' : method);

const itemOf = (paths: object, operation: Operation): object | undefined =>
  (paths as Record<string, Record<string, object>>)[operation.path]?.[placeOf(operation)];

/** The OpenAPI 3.1 document of these operations: made from the tables that answer the requests. */
export function openapiDocument(operations: readonly Operation[], basePath = ''): object {
  const generator = new OpenAPIHono();
  for (const operation of operations) {
    const { id, path, summary, description, tag, body } = operation;
    generator.openAPIRegistry.registerPath({
      method: placeOf(operation) as 'post',
      path,
      operationId: id,
      summary,
      ...(description !== undefined && { description }),
      tags: [tag],
      security: securityOf(operation),
      ...(body && {
        request: {
          body: {
            required: true,
            content: Object.fromEntries(body.types.map(type => [type, { schema: body.schema }])),
          },
        },
      }),
      responses: { ...answersOf(operation), ...problemAnswers(operation) } as never,
    });
  }
  const document = generator.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'conntrack',
      version: '1',
      description: 'Reads, filters and changes a Linux connection tracking table.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: basePath || '/' }],
    tags: [
      { name: 'flows', description: 'The entries of the table' },
      { name: 'expectations', description: 'Connections that helpers have announced' },
      { name: 'filter', description: 'The filter language' },
      { name: 'server', description: 'This server' },
    ],
  });
  const { paths = {}, components, ...rest } = document;
  for (const operation of operations)
    Object.assign(itemOf(paths, operation) ?? {}, { parameters: parametersOf(operation) });
  return {
    ...rest,
    paths,
    components: {
      ...components,
      parameters: Object.fromEntries(FIELDS.map(field => [parameterName(field), filterParameter(field)])),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of this server, with the scope named' },
      },
    },
  };
}
