import type { ProblemCode } from '@conntrack/client/protocol';
import { expect, test } from 'vitest';
import { repeatedMembers } from '../../src/http/body/json-text.js';
import { body, problem, testApp } from '../support.js';

const form = 'application/x-www-form-urlencoded';

test.each<[string, string, RequestInit, ProblemCode, readonly string[]]>([
  [
    'a search with an invalid filter, invalid and unknown members, and a query',
    '/conntrack/search?x=1',
    body({ filter: 'dprot=1&state=NOPE', limit: 'many', sort: 'colour', foo: 1 }),
    'parameter-invalid',
    ['x', '/filter', '/filter', '/limit', '/sort', '/foo'],
  ],
  [
    'a search in a form with an invalid filter and limit',
    '/conntrack/search?x=1',
    body('dprot=1&limit=0', 'POST', form),
    'parameter-invalid',
    ['x', 'dprot', 'limit'],
  ],
  [
    'groups with an invalid filter and k, and without by',
    '/conntrack/top',
    body({ filter: 'dprot=1', k: 0 }),
    'filter-invalid',
    ['/filter', '/by', '/k'],
  ],
  [
    'a plan with invalid filters, an invalid change and an unknown member',
    '/conntrack/plans',
    body({ filters: ['dprot=1', 'proto=tcp', 'src=x'], change: { mark: 'red' }, foo: 1 }),
    'filter-invalid',
    ['/filters/0', '/filters/2', '/change/mark', '/foo'],
  ],
  [
    'a bulk update with an invalid query and an invalid body',
    '/conntrack?dprot=1&expect=x',
    body({ timeout: 'long', foo: 1 }, 'PATCH'),
    'filter-invalid',
    ['dprot', 'expect', '/timeout', '/foo'],
  ],
  [
    'an update of one flow with a query and an unknown member',
    '/conntrack/ct1.x?x=1',
    body({ foo: 1, mark: 1 }, 'PATCH'),
    'parameter-invalid',
    ['x', '/foo'],
  ],
  [
    'a new flow with a query and without addresses',
    '/conntrack?x=1',
    body({ protocol: 'udp', timeout: 1 }),
    'parameter-invalid',
    ['x', '/original'],
  ],
  [
    'a flush with a query, an invalid confirmation and an invalid zone',
    '/conntrack/flush?x=1',
    body({ confirm: 'no', zone: -1 }),
    'parameter-invalid',
    ['x', '/confirm', '/zone'],
  ],
  [
    'a flush of expectations with a query and without confirmation',
    '/expectations/flush?x=1',
    body({}),
    'parameter-invalid',
    ['x', '/confirm'],
  ],
  [
    'a member that is given twice, of which JSON parsers ignore the first',
    '/conntrack/plans',
    body('{"filter":"src=10.0.0.1","change":"delete","filter":"proto=tcp"}'),
    'body-invalid',
    ['/filter'],
  ],
])('all faults of a request are reported at once: %s', async (_, target, init, code, places) => {
  const { errors } = await problem(await testApp().request(target, init), code);
  const found = errors.map(({ pointer, parameter, snippet }) => pointer ?? parameter ?? String(snippet).split('=')[0]);
  expect(found.sort()).toEqual([...places].sort());
});

test('a faulty query is reported even if the body is invalid JSON', async () => {
  const faulty = await testApp().request('/conntrack?dprot=1', body('{', 'PATCH'));
  await problem(faulty, 'filter-invalid');
});

test('repeated members of JSON text are found at any place', () => {
  const text = String.raw`{"a":{"b":[{"c":1},{"c":1,"\u0063":[[]]}]},"b":"a\"a\\","d":{"a":"{[,\"a\":1"},"a":2}`;
  expect(JSON.parse(text)).toMatchObject({ a: 2 });
  expect(repeatedMembers(text)).toEqual(['/a/b/1/c', '/a']);
  expect(repeatedMembers('"x"')).toEqual([]);
  expect(repeatedMembers(`{"a/~":1,${'"a/~":1,'.repeat(1000)}"b":"${'x'.repeat(1_000_000)}"}`)).toEqual(
    Array.from({ length: 20 }, () => '/a~1~0'),
  );
});

test('a fault of a body names the missing member, or the expected and the actual value', async () => {
  const flow = {
    protocol: 'tcp',
    original: { src: '192.0.2.1', sport: '80', dport: 1.5 },
    mark: null,
    status: 'ASSURED',
  };
  const { errors } = await problem(await testApp().request('/conntrack', body(flow)), 'body-invalid');
  expect(errors?.map(({ pointer, code, message }) => [pointer, code, message])).toEqual([
    ['/original/dst', 'missing', 'this member is required'],
    ['/original/sport', 'invalid', "must be a number, got '80'"],
    ['/original/dport', 'invalid', 'must be a whole number, got 1.5'],
    ['/timeout', 'missing', 'this member is required'],
    ['/status', 'invalid', "must be an array, got 'ASSURED'"],
    ['/mark', 'invalid', 'must be a number, got null'],
  ]);
});
