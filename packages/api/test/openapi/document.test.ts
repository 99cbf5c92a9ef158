import { FIELDS, FilterError, keyWordOf, operatorsOf, parseQuery } from '@conntrack/filter';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode } from '../../src/http/problem/problems.js';
import { placeOf, problemsOf } from '../../src/openapi/document.js';
import { EXAMPLES } from '../../src/openapi/examples.js';
import { namespaced } from '../../src/operations/namespaced.js';
import { OPERATIONS as OF_ONE_TABLE } from '../../src/operations/operations.js';
import { sample } from '../flows.js';
import { body, newFlow, newPlan, testApp } from '../support.js';

type Document = {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        summary: string;
        description: string;
        parameters: object[];
        responses: Record<string, { content?: object; $ref?: string }>;
        security: object[];
      }
    >
  >;
  components: { schemas: object; parameters: object };
};

/** All possible routes, including those of network namespaces. */
const OPERATIONS = [...OF_ONE_TABLE, ...namespaced(OF_ONE_TABLE)];

const documentOf = (): Promise<Document> => testApp({ netns: () => undefined }).json<Document>('/openapi.json');

/** Whether a query string is a filter. */
function isFilter(query: string): boolean {
  try {
    return parseQuery(query) !== undefined;
  } catch (error) {
    if (error instanceof FilterError) return false;
    throw error;
  }
}

/** All `$ref`s in a document. */
function* refsOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === '$ref') yield member as string;
    else yield* refsOf(member);
  }
}

const resolve = (document: object, ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document);

test('the OpenAPI document has every route, and every reference exists', async () => {
  const document = await documentOf();
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method} ${path}`),
  );
  expect(operations.sort()).toEqual(OPERATIONS.map(operation => `${placeOf(operation)} ${operation.path}`).sort());
  const ids = Object.values(document.paths).flatMap(item => Object.values(item).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(OPERATIONS.length);
  const refs = [...new Set(refsOf(document))];
  expect(refs.length).toBeGreaterThan(FIELDS.length);
  for (const ref of refs) expect(resolve(document, ref), ref).toBeDefined();
});

test('lists and changes accept every filter field in the OpenAPI document', async () => {
  const { paths, components } = await documentOf();
  for (const [path, method] of [
    ['/conntrack', 'get'],
    ['/conntrack', 'delete'],
    ['/conntrack', 'patch'],
    ['/conntrack/count', 'get'],
    ['/conntrack/events', 'get'],
  ] as const) {
    const refs = new Set(refsOf(paths[path]![method]));
    for (const field of FIELDS) {
      const keys = field.type === 'flag' ? [] : operatorsOf(field).map(operator => `.${keyWordOf(operator)}`);
      const declared = field.requires !== 'events' || path === '/conntrack/events';
      for (const key of ['', ...keys])
        expect(refs.has(`#/components/parameters/filter.${field.name}${key}`), `${path} ${field.name}`).toBe(declared);
    }
  }
  for (const { name } of Object.values(components.parameters) as { name: string }[]) {
    const values = [
      'true',
      '1',
      '10.0.0.1',
      'tcp',
      'ESTABLISHED',
      'ASSURED',
      'ipv4',
      'src',
      '2026-01-01',
      '1s',
      '10.0.0.1,10.0.0.2',
      'client',
      'new',
    ];
    const taken = values.some(value => isFilter(`${name}=${encodeURIComponent(value)}`));
    expect(taken, `a filter takes ${name}`).toBe(true);
  }
});

test('a response that several operations have is a component, and no response is repeated', async () => {
  const { paths } = await documentOf();
  const seen = new Map<string, string>();
  for (const [path, item] of Object.entries(paths))
    for (const [method, { responses = {} }] of Object.entries(
      item as Record<string, { responses?: Record<string, { $ref?: string }> }>,
    ))
      for (const [status, response] of Object.entries(responses)) {
        if (response.$ref !== undefined) continue;
        const text = JSON.stringify(response);
        expect(seen.get(text), `${method} ${path} ${status}`).toBeUndefined();
        seen.set(text, `${method} ${path} ${status}`);
      }
});

test('a schema with arbitrary members says so with true', async () => {
  const text = JSON.stringify((await documentOf()).components);
  expect(text).toContain('"additionalProperties":true');
  expect(text).not.toContain('"additionalProperties":{}');
});

test('a response has one media type that generators see, and every stream is text', async () => {
  const whole = await documentOf();
  const { paths } = whole;
  /** A response, also one that several operations share. */
  const responseOf = (response: { $ref?: string } | undefined) =>
    (response?.$ref === undefined ? response : resolve(whole, response.$ref)) as Record<string, object | undefined>;
  for (const operation of OPERATIONS)
    for (const [status, { content }] of Object.entries(operation.answers)) {
      const answer = responseOf(paths[operation.path]![placeOf(operation)]!.responses[status]);
      const types = Object.keys(content ?? {});
      expect(Object.keys(answer.content ?? {})).toEqual(types.slice(0, 1));
      expect(Object.keys(answer['x-content'] ?? {})).toEqual(types.slice(1));
    }
  for (const path of ['/conntrack/stream', '/conntrack/events', '/expectations/events'])
    expect(Object.keys(responseOf(paths[path]!.get!.responses['200']).content!)).toEqual(['application/x-ndjson']);
});

test('a summary begins with a verb and has no full stop, and a description says which token is required', async () => {
  const { paths } = await documentOf();
  for (const { summary, description } of Object.values(paths).flatMap(item => Object.values(item))) {
    expect(summary).toMatch(
      /^(List|Search|Count|Stream|Watch|Look up|Get|Create|Update|Delete|Execute|Drain|Reconcile|Change|Restore|Flush|Check|Explain|Complete) .*[^.]$/,
    );
    expect(description).toMatch(
      /[.”]\n\n(Required scope: `.+`\.|Any valid token is accepted\.|No token is required\.)$/,
    );
  }
});

/** The members of a schema, at any depth, that have no description: neither of their own nor of the schema that they refer to. */
function undescribed(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const schema = value as Record<string, unknown>;
  const isDescribed = (member: Record<string, unknown>): boolean =>
    ['description', '$ref'].some(name => name in member) ||
    ((member.allOf ?? []) as Record<string, unknown>[]).some(isDescribed);
  return Object.entries(schema).flatMap(([name, member]) =>
    name === 'properties'
      ? Object.entries(member as Record<string, Record<string, unknown>>).flatMap(([key, each]) => [
          ...(isDescribed(each) ? [] : [`${path}.${key}`]),
          ...undescribed(each, `${path}.${key}`),
        ])
      : name === 'example' || name === 'examples'
        ? []
        : undescribed(member, path),
  );
}

test('every schema, every member of a schema and every parameter has a description', async () => {
  const { paths, components } = await documentOf();
  const { schemas, parameters } = components as Record<string, Record<string, { description?: string }>>;
  const bare = (all: Record<string, { description?: string }>): string[] =>
    Object.keys(all).filter(name => !all[name]!.description);
  expect([...bare(schemas!), ...bare(parameters!)]).toEqual([]);
  expect(Object.entries(schemas!).flatMap(([name, schema]) => undescribed(schema, name))).toEqual([]);
  const own = Object.values(paths).flatMap(item => Object.values(item).flatMap(operation => operation.parameters));
  expect(own.filter(parameter => !('$ref' in parameter || 'description' in parameter))).toEqual([]);
});

test('every problem is documented for the operations that can return it, as problem+json', async () => {
  const document = await documentOf();
  const { paths } = document;
  for (const operation of OPERATIONS)
    for (const code of problemsOf(operation)) {
      const { $ref } = paths[operation.path]![placeOf(operation)]!.responses[PROBLEMS[code].status] as { $ref: string };
      const answer = resolve(document, $ref) as { description: string; content: object };
      expect(answer.description).toContain(`\`${code}\``);
      expect(answer.content).toHaveProperty([PROBLEM_TYPE]);
    }
  // These are for unknown routes and methods.
  const elsewhere: ProblemCode[] = ['method-not-allowed', 'read-only'];
  expect(
    Object.keys(PROBLEMS)
      .filter(code => !OPERATIONS.some(operation => problemsOf(operation).includes(code as ProblemCode)))
      .sort(),
  ).toEqual(elsewhere.sort());
});

test.each([
  ['listFlows', '/conntrack?src=10.0.0.5/8&limit=3', {}],
  ['countFlows', '/conntrack/count?src=10.0.0.5/8', {}],
  ['createFlow', '/conntrack', body(newFlow)],
  ['updateFlows', '/conntrack?proto=tcp&dryRun', body({ mark: 1 }, 'PATCH')],
  ['deleteFlows', '/conntrack?proto=tcp', { method: 'DELETE' }],
  ['flushFlows', '/conntrack/flush', body({ confirm: 'flush', expect: 12 })],
  ['getCapabilities', '/capabilities', {}],
  ['checkFilter', '/filter/check?src=10.0.0.5/8', {}],
  ['checkFilter', '/filter/check?dprot=1', {}],
  ['explainFilter', '/filter/explain?src=10.0.0.5/8', {}],
  ['completeFilter', '/filter/complete?text=pro', {}],
  ['listFilterFields', '/filter/fields', {}],
  ['listProblems', '/problems', {}],
  ['checkReadiness', '/readyz', {}],
  ['searchFlows', '/conntrack/search', body({ filter: 'proto == tcp' })],
  ['createPlan', '/conntrack/plans', body({ ...newPlan, maxAffected: 1 })],
  ['createPlan', '/conntrack/plans', body({ ...newPlan, change: { mark: 1 } })],
  ['drainFlows', '/conntrack/drain', body({ filter: 'proto == tcp', within: 60 })],
  ['drainFlows', '/conntrack/drain', body({ filter: 'proto == tcp', within: 60, dryRun: true })],
  ['reconcileFlows', '/conntrack/reconcile', body({ scope: 'proto == tcp', keep: ['mark == 1'] })],
  ['reconcileFlows', '/conntrack/reconcile', body({ scope: 'proto == tcp', keep: [], dryRun: true })],
  ['changeFlows', '/conntrack/changes', body({ changes: [{ op: 'upsert', flow: newFlow }] })],
  ['restoreFlows', '/conntrack/restore', body(`${JSON.stringify(sample()[0])}\n`, 'POST', 'application/x-ndjson')],
  [
    'restoreFlows',
    '/conntrack/restore?dryRun&skipBadLines',
    body(
      'udp 17 29 src=\nudp      17 29 src=192.0.2.1 dst=192.0.2.53 sport=5353 dport=53 src=192.0.2.53 dst=192.0.2.1 sport=53 dport=5353\n',
      'POST',
      'text/plain',
    ),
  ],
  ['listTopGroups', '/conntrack/top?by=src', {}],
  ['searchTopGroups', '/conntrack/top', body({ filter: 'all', by: 'src' })],
  [
    'getOverview',
    '/conntrack/overview',
    body({ filter: 'all', groups: [{ by: 'src', distinct: 'dport' }], counts: { tcp: 'proto=tcp' } }),
  ],
  ['getCaller', '/whoami', {}],
  ['getStats', '/stats', {}],
  ['listExpectations', '/expectations', {}],
  ['flushExpectations', '/expectations/flush', body({ confirm: 'flush' })],
])('%s returns what its schema says, and nothing more: %s', async (id, target, init) => {
  const response = await testApp().request(target, init);
  const answer = await response.json();
  const schema = OPERATIONS.find(operation => operation.id === id)!.answers[response.status]!.content![
    'application/json'
  ]!;
  expect(schema.parse(answer)).toEqual(answer);
});

test('the document is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(await documentOf()));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

describe('examples in the OpenAPI document', () => {
  const good = OF_ONE_TABLE.flatMap(operation => {
    const [[, answer] = []] = Object.entries(operation.answers);
    return Object.entries(answer?.content ?? {}).map(([type, schema]) => [operation.id, type, schema] as const);
  });

  test.each(good.filter(([, type]) => type === 'application/json'))(
    'the example of %s matches its schema (%s)',
    (id, type, schema) => {
      // The document is not an example of itself.
      if (id === 'getOpenApi') return;
      const example = EXAMPLES[id]?.[type];
      expect(example).toBeDefined();
      expect(schema.parse(example)).toEqual(example);
    },
  );

  test('there is no example for an operation that does not exist', () => {
    expect(OF_ONE_TABLE.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(EXAMPLES)));
  });

  test('the examples of bodies are accepted by the server', async () => {
    const { paths } = await documentOf();
    for (const operation of OF_ONE_TABLE.filter(({ body }) => body !== undefined)) {
      const key = (await testApp().json<{ items: { key: string }[] }>('/conntrack?proto=tcp')).items[0]!.key;
      expect(paths[operation.path]).toBeDefined();
      const query = operation.filter === 'change' ? '?proto=tcp' : '';
      const response = await testApp().request(
        operation.path.replace('{key}', key) + query,
        body(exampleOf(await documentOf(), operation), operation.method.toUpperCase(), operation.body!.types[0]),
      );
      expect(response.status, `${operation.id} ${await response.clone().text()}`).toBeLessThan(300);
    }
  });
});

/** The example of a body's component in the document. */
function exampleOf(document: Document, operation: (typeof OPERATIONS)[number]): unknown {
  const item = document.paths[operation.path]![placeOf(operation)] as unknown as {
    requestBody: { content: Record<string, { schema: { $ref: string } }> };
  };
  const { $ref } = item.requestBody.content[operation.body!.types[0]!]!.schema;
  return (resolve(document, $ref) as { example: unknown }).example;
}
