import { FIELDS } from '@conntrack/filter';
import fc, { type Arbitrary } from 'fast-check';
import { type OpenApi, type OpenApiOperation, operationsOf, resolved, type Schema } from './document.js';

/** A request to send, and the id of the operation that it was made from. */
export interface FuzzRequest {
  readonly id: string;
  readonly target: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const KEYS = [
  'ct1.AQAAAgYKAAABxjNkB5xAAbsAAAPp',
  'ct1.',
  'ct1.____',
  `ct1.${'A'.repeat(200)}`,
  'nonsense',
  '%00',
  '...',
  '%ed%a0%80',
];
const ODD = [
  '',
  '0',
  '-1',
  '1',
  '65536',
  '1e999',
  'NaN',
  'true',
  '%',
  '%zz',
  '%ff',
  '"',
  ')(',
  '10.0.0.0/8',
  '::1/129',
  '*',
  'tcp',
  'null',
  '__proto__',
  '\u202e',
  '＜',
];

const odd: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ODD) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: 'binary' }) },
);

/** A value that roughly matches a schema. */
function valueFor(document: OpenApi, given: Schema, depth = 0): Arbitrary<unknown> {
  const schema = resolved(document, given);
  const value = madeFor(document, schema, depth);
  // The document's example is valid, so the request gets further than its first fault.
  return schema.example === undefined
    ? value
    : fc.oneof({ weight: 4, arbitrary: fc.constant(schema.example) }, { weight: 1, arbitrary: value });
}

function madeFor(document: OpenApi, schema: Schema, depth: number): Arbitrary<unknown> {
  if (depth > 5) return fc.constant(null);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return fc.oneof(...either.map(one => valueFor(document, one, depth + 1)));
  if (schema.allOf) return valueFor(document, schema.allOf[0]!, depth + 1);
  if (schema.type === 'object' || schema.properties) {
    const members = Object.entries(schema.properties ?? {}).map(([name, one]) => [
      name,
      valueFor(document, one, depth + 1),
    ]);
    return fc.record(Object.fromEntries(members) as Record<string, Arbitrary<unknown>>, {
      requiredKeys: (schema.required ?? []) as never[],
    });
  }
  if (schema.type === 'array') return fc.array(valueFor(document, schema.items ?? {}, depth + 1), { maxLength: 3 });
  if (schema.type === 'integer' || schema.type === 'number')
    return fc.oneof(
      fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 100, 0x7fffffff) }),
      fc.constantFrom(-1, -0, 0.5, 2 ** 32, 2 ** 53, 2 ** 64, 1e300),
    );
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'null') return fc.constant(null);
  const texts = [
    'tcp',
    'proto == tcp',
    'all',
    'proto=udp',
    '192.0.2.1',
    '2001:db8::1',
    'flush',
    'delete',
    'ESTABLISHED',
    'ASSURED',
    'ftp',
    // Not every JSON string has a UTF-8 form or is accepted by the kernel.
    '\ud800',
    'a\udc00b',
    'helper == a\ud800b',
    'helper=\udfff',
    '\u0000',
    'ftp\u0000x',
    '9'.repeat(400),
    '-9223372036854775809',
  ];
  return fc.oneof(fc.constantFrom(...texts), odd);
}

/** A value with one part broken. */
const broken = (value: Arbitrary<unknown>): Arbitrary<unknown> =>
  fc
    .tuple(
      value,
      fc.constantFrom('__proto__', 'constructor', 'extra', 'filter', 'change'),
      fc.jsonValue({ maxDepth: 3 }),
    )
    .map(([base, name, junk]) =>
      typeof base === 'object' && base !== null && !Array.isArray(base) ? { ...base, [name]: junk } : junk,
    );

function bodyOf(document: OpenApi, route: OpenApiOperation): Arbitrary<{ body: string | undefined; type: string }> {
  const content = Object.entries(route.operation.requestBody?.content ?? {});
  const types = fc.constantFrom(
    ...content.map(([type]) => type),
    'application/json',
    'text/plain',
    '',
    'application/json; charset=utf-16',
    'multipart/form-data',
  );
  const fromSchema = content.map(([type, { schema }]) => {
    const value = valueFor(document, schema);
    const text = fc
      .oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: broken(value) })
      .map(each => JSON.stringify(each) ?? 'null');
    return text.map(body => ({ body, type }));
  });
  const junk = fc
    .tuple(
      fc.oneof(fc.json(), fc.string(), fc.constantFrom('', '{', '[[[[', '"\\ud800"', '{"a":1,"a":2}', '\u0000')),
      types,
    )
    .map(([body, type]) => ({ body, type }));
  const none = fc.constant({ body: undefined, type: '' });
  if (fromSchema.length === 0) return fc.oneof({ weight: 8, arbitrary: none }, { weight: 1, arbitrary: junk });
  return fc.oneof(
    { weight: 6, arbitrary: fc.oneof(...fromSchema) },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: none },
  );
}

function queryOf(document: OpenApi, route: OpenApiOperation): Arbitrary<string> {
  const known = (route.operation.parameters ?? [])
    .map(each => resolved(document, each))
    .filter(({ in: place }) => place === 'query')
    .map(({ name, schema, required }) => ({
      name: name!,
      required: required === true,
      value: valueFor(document, schema ?? {}),
    }));
  const needed = known.filter(({ required }) => required);
  const pair = (name: Arbitrary<string>, value: Arbitrary<unknown>): Arbitrary<string> =>
    fc
      .tuple(name, value, fc.boolean())
      .map(
        ([key, each, encode]) =>
          `${key}=${encode ? encodeURIComponent(wellFormed(String(each))) : String(each).replaceAll(/[#\s]/g, '')}`,
      );
  const names = fc.oneof(
    fc.constantFrom(
      ...FIELDS.map(({ name }) => name),
      'filter',
      'limit',
      'cursor',
      'format',
      'sort',
      'src.not',
      'bytes.gte',
      'port.in',
      '__proto__',
    ),
    odd.map(text => encodeURIComponent(wellFormed(text))),
  );
  const any = known.length === 0 ? [] : [fc.oneof(...known.map(({ name, value }) => pair(fc.constant(name), value)))];
  const some = fc.array(fc.oneof(...any, pair(names, odd)), { minLength: 1, maxLength: 3 });
  const more = fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, { weight: 2, arbitrary: some });
  return fc
    .tuple(fc.tuple(...needed.map(({ name, value }) => pair(fc.constant(name), value))), more, fc.nat(7))
    .map(([first, rest, keep]) => [...(keep > 0 ? first : []), ...rest].join('&'));
}

const wellFormed = (text: string): string => text.replaceAll(/[\ud800-\udfff]/g, '');

const HARMLESS = {
  accept: fc.constantFrom(
    '*/*',
    'application/json, text/*;q=0.5',
    'text/*',
    'text/csv;q=0.5, application/x-ndjson',
    'image/png',
    ';;;',
    '',
  ),
  'x-request-id': fc.constantFrom('mine-1', 'a b', 'x'.repeat(500), '{}'),
  traceparent: fc.constantFrom('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'ff', '00-0-0-0'),
  'last-event-id': fc.constantFrom('', '4f1d2a90bc-1', '-', '0000000000-99999999999999999999'),
  'accept-encoding': fc.constantFrom('br', 'gzip', 'identity;q=0, *;q=0'),
  'if-match': fc.constantFrom('*', '"x"'),
  'x-forwarded-host': fc.constant('evil.example'),
};
/** Things that make the guards reject a request. */
const EVIL = {
  origin: fc.constantFrom('http://evil.example', 'null', 'http://localhost', 'x'),
  'sec-fetch-site': fc.constantFrom('none', 'cross-site', 'same-origin', ''),
  host: fc.constantFrom('localhost', 'evil.example', '127.0.0.1:1', '[::1]', ''),
  authorization: fc.constantFrom('Bearer wrong', 'Basic eA==', 'Bearer', 'bearer  x y'),
};

const headersOf: Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.record(HARMLESS, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.record({ ...HARMLESS, ...EVIL }, { requiredKeys: [] }) },
) as Arbitrary<Record<string, string>>;

const pathOf = (path: string, keys: readonly string[]): Arbitrary<string> => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const value = (name: string): Arbitrary<string> =>
    name === 'netns'
      ? fc.constantFrom('blue', 'blue', 'blue', 'red', '%2e', 'a%2fb')
      : fc.oneof(
          fc.constantFrom(...keys, ...KEYS),
          // A path of dots would be resolved on the way, and lead to another route.
          fc
            .string({ maxLength: 30 })
            .map(text => encodeURIComponent(wellFormed(text)))
            .map(text => (/^\.{0,2}$/.test(text) ? 'x' : text)),
        );
  return fc
    .tuple(...names.map(value))
    .map(values => names.reduce((text, name, i) => text.replace(`{${name}}`, values[i]!), path));
};

/** Requests for everything in a document, most of them nearly valid. `keys` belong to existing flows. */
export function requestsOf(document: OpenApi, keys: readonly string[]): Arbitrary<FuzzRequest> {
  const routes = operationsOf(document);
  return fc.oneof(
    ...routes.map(route =>
      fc.tuple(pathOf(route.path, keys), queryOf(document, route), headersOf, bodyOf(document, route)).map(
        ([path, query, headers, { body, type }]): FuzzRequest => ({
          id: route.operation.operationId,
          target: query === '' ? path : `${path}?${query}`,
          method: route.method,
          headers: { ...headers, ...(body !== undefined && type !== '' && { 'content-type': type }) },
          body: route.method === 'GET' ? undefined : body,
        }),
      ),
    ),
  );
}
