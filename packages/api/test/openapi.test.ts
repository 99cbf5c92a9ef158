import { FIELDS } from '@conntrack/filter';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOf, problemsOf } from '../src/openapi.js';
import { namespaced } from '../src/operations/namespaced.js';
import { OPERATIONS as OF_ONE_TABLE } from '../src/operations/operations.js';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode } from '../src/problems.js';
import { body, newFlow, newPlan, testApp } from './support.js';

interface Document {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      { operationId: string; parameters: object[]; responses: Record<string, { content?: object }>; security: object[] }
    >
  >;
  components: { schemas: object; parameters: object };
}

/** Every route that there can be: with those of network namespaces. */
const OPERATIONS = [...OF_ONE_TABLE, ...namespaced(OF_ONE_TABLE)];

const documentOf = (): Promise<Document> => testApp({ netns: () => undefined }).json<Document>('/openapi.json');

/** Every `$ref` of a document. */
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

test('it has every route, and every reference leads somewhere', async () => {
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

test('lists and changes take every field of the filter', async () => {
  const { paths } = await documentOf();
  for (const [path, method] of [
    ['/conntrack', 'get'],
    ['/conntrack', 'delete'],
    ['/conntrack', 'patch'],
    ['/conntrack/count', 'get'],
  ] as const) {
    const refs = new Set(refsOf(paths[path]![method]));
    for (const { name } of FIELDS) expect(refs).toContain(`#/components/parameters/filter.${name}`);
  }
});

test('every problem is documented where it can come, as problem+json', async () => {
  const { paths } = await documentOf();
  for (const operation of OPERATIONS)
    for (const code of problemsOf(operation)) {
      const answer = paths[operation.path]![placeOf(operation)]!.responses[PROBLEMS[code].status] as {
        description: string;
        content: object;
      };
      expect(answer.description).toContain(`\`${code}\``);
      expect(answer.content).toHaveProperty([PROBLEM_TYPE]);
    }
  // These are of routes and methods that are not there.
  const elsewhere: ProblemCode[] = ['route-not-found', 'method-not-allowed', 'read-only', 'request-timeout'];
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
  ['flush', '/conntrack/flush', body({ confirm: 'flush', expect: 12 })],
  ['getCapabilities', '/capabilities', {}],
  ['checkFilter', '/filter/check?src=10.0.0.5/8', {}],
  ['checkFilter', '/filter/check?dprot=1', {}],
  ['explainFilter', '/filter/explain?src=10.0.0.5/8', {}],
  ['completeFilter', '/filter/complete?text=pro', {}],
  ['listFilterFields', '/filter/fields', {}],
  ['listProblems', '/problems', {}],
  ['isReady', '/readyz', {}],
  ['searchFlows', '/conntrack/search', body({ filter: 'proto == tcp' })],
  ['makePlan', '/conntrack/plans', body({ ...newPlan, maxAffected: 1 })],
  ['makePlan', '/conntrack/plans', body({ ...newPlan, change: { mark: 1 } })],
  ['topFlows', '/conntrack/top?by=src', {}],
  ['getStats', '/stats', {}],
  ['listExpectations', '/expectations', {}],
  ['flushExpectations', '/expectations/flush', body({ confirm: 'flush' })],
])('%s answers what its schema says, and nothing more: %s', async (id, target, init) => {
  const response = await testApp().request(target, init);
  const answer = await response.json();
  const schema = OPERATIONS.find(operation => operation.id === id)!.answers[response.status]!.content![
    'application/json'
  ]!;
  expect(schema.parse(answer)).toEqual(answer);
});

describe('whatever is asked', () => {
  const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS', 'QUERY');
  const paths = fc.oneof(
    fc.constantFrom(...OPERATIONS.map(({ path }) => path)),
    fc.constantFrom(
      '/conntrack/ct1.AQAAAgYKAAABxjNkB5xAAbsAAAPp',
      '/conntrack/%00',
      '/conntrack/..',
      '//',
      '/conntrack/',
    ),
    fc.string().map(text => `/conntrack/${encodeURIComponent(text)}`),
  );
  const names = fc.oneof(
    fc.constantFrom(
      'limit',
      'cursor',
      'sort',
      'fields',
      'format',
      'expect',
      'maxAffected',
      'dryRun',
      'dir',
      'proto',
      'filter',
      'purpose',
    ),
    fc.constantFrom(...FIELDS.map(({ name }) => name)),
    fc.string({ maxLength: 8 }).map(encodeURIComponent),
  );
  const values = fc.oneof(
    fc.constantFrom(
      '1',
      '0',
      '-1',
      'tcp',
      '10.0.0.0/8',
      '::1',
      'src,-bytes',
      'csv',
      'true',
      '"',
      '%',
      '%zz',
      'a,b-c',
      '1e9',
      '99999999999999999999',
    ),
    fc.string({ maxLength: 12 }),
    fc.string({ maxLength: 12, unit: 'grapheme' }).map(encodeURIComponent),
  );
  const queries = fc
    .array(
      fc.tuple(names, values).map(pair => pair.join('=')),
      { maxLength: 5 },
    )
    .map(pairs => pairs.join('&'));
  const bodies = fc.option(fc.oneof(fc.json(), fc.string(), fc.constantFrom('{"confirm":"flush"}', '{"mark":1}')), {
    nil: undefined,
  });
  const types = fc.constantFrom(
    'application/json',
    'application/merge-patch+json',
    'text/plain',
    '',
    'application/json; charset=utf-8',
  );

  test('the answer is one that the document knows, and failures are problems', async () => {
    const { paths: documented } = await documentOf();
    const app = testApp();
    await fc.assert(
      fc.asyncProperty(methods, paths, queries, bodies, types, async (method, path, query, text, type) => {
        const hasBody = text !== undefined && method !== 'GET' && method !== 'HEAD';
        const response = await app.request(`${path}?${query}`, {
          method,
          ...(hasBody && { body: text }),
          headers: { 'content-type': type },
        });
        // A stream of events has no end to wait for.
        const endless = path === '/conntrack/events' && response.status === 200;
        if (endless) await response.body?.cancel();
        const content = endless ? '' : await response.text();
        expect(response.status, `${method} ${path}?${query}\n${content}`).toBeLessThan(500);
        if (response.status >= 300 && method !== 'HEAD') {
          expect(response.headers.get('content-type')).toBe(PROBLEM_TYPE);
          const { code } = JSON.parse(content) as { code: ProblemCode };
          expect(PROBLEMS[code].status).toBe(response.status);
        }
        const known =
          documented[path]?.[method === 'HEAD' ? 'get' : method === 'QUERY' ? 'x-query' : method.toLowerCase()];
        if (known !== undefined) expect(Object.keys(known.responses)).toContain(String(response.status));
      }),
      { numRuns: 2000 },
    );
  });
});
