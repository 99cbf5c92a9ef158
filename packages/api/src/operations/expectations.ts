import { findProtocol, formatAddress, parseAddress } from '@conntrack/flow';
import type { KeyedExpectation } from '@conntrack/table';
import { bodyAlone, readBody, refuseBody } from '../http/body/body.js';
import { empty, json } from '../http/context.js';
import type { ProblemCode } from '../http/problem/problems.js';
import { integer, oneOf, type Parameter, ParameterFault, word } from '../http/query/parameters.js';
import { readParameters } from '../http/query/query.js';
import { ExpectationFlushedSchema, ExpectationFlushSchema, ExpectationListSchema } from '../schemas/expectation.js';
import { given, type Operation } from './operation.js';

/** The kernel keeps a few thousand expectations at most (`nf_conntrack_expect_max`): a list is a page, and there is no other. */
const MAX_LIMIT = 10_000;

const address = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string', example: '192.0.2.10' },
  read(text) {
    const parsed = parseAddress(text);
    if (parsed === undefined) throw new ParameterFault(`'${text}' is not an IPv4 or IPv6 address`);
    return formatAddress(parsed);
  },
});

const protocol: Parameter<number> = {
  description: 'Protocol, by name or number',
  schema: { type: 'string', example: 'tcp' },
  read(text) {
    const found = findProtocol(text);
    if (found === undefined) throw new ParameterFault(`unknown protocol '${text}'`);
    return found.number;
  },
};

/** What expectations can be chosen by, and where it stands in one. */
const TESTS = {
  family: oneOf('Family', ['ipv4', 'ipv6'] as const),
  proto: protocol,
  src: address('Expected source'),
  dst: address('Expected destination'),
  dport: integer('Expected destination port', 0, 0xffff),
  'master.src': address('Source of the connection whose helper expects'),
  'master.dst': address('Its destination'),
  helper: word('The helper: ftp, sip …'),
  zone: integer('Conntrack zone', 0, 0xffff),
};

const READ: Readonly<Record<keyof typeof TESTS, (expectation: KeyedExpectation) => unknown>> = {
  family: ({ family }) => family,
  proto: ({ protonum }) => protonum,
  src: ({ tuple }) => tuple.src,
  dst: ({ tuple }) => tuple.dst,
  dport: ({ tuple }) => tuple.dport,
  'master.src': ({ master }) => master?.src,
  'master.dst': ({ master }) => master?.dst,
  helper: ({ helper }) => helper,
  zone: ({ zone = 0 }) => zone,
};

const parameters = { ...TESTS, limit: integer('At most this many', 1, MAX_LIMIT, 1000) };
const problems: readonly ProblemCode[] = ['unsupported', 'not-privileged', 'source-failed'];

/** `GET /expectations`. */
export const listExpectations: Operation = {
  id: 'listExpectations',
  method: 'get',
  path: '/expectations',
  summary: 'List expectations',
  description: 'Returns the connections that helpers (FTP, SIP …) announced. All conditions must match.',
  tag: 'expectations',
  access: 'flows:read',
  whole: true,
  parameters,
  answers: { 200: { description: 'The expectations', content: { 'application/json': ExpectationListSchema } } },
  problems,
  async handle({ raw, table, signal }) {
    const { limit = 1000, ...wanted } = readParameters(raw, parameters);
    const tests = Object.entries(wanted) as [keyof typeof TESTS, unknown][];
    const items: KeyedExpectation[] = [];
    let scanned = 0;
    let matched = 0;
    for await (const expectation of table.expectations.list({ signal })) {
      scanned++;
      if (!tests.every(([name, value]) => READ[name](expectation) === value)) continue;
      if (++matched <= limit) items.push(expectation);
    }
    return json({ items, next: null, meta: { scanned, matched } });
  },
};

/** `DELETE /expectations/{key}`. */
export const deleteExpectation: Operation = {
  id: 'deleteExpectation',
  method: 'delete',
  path: '/expectations/{key}',
  summary: 'Delete an expectation',
  description: 'Deletes one expectation by its key.',
  tag: 'expectations',
  access: 'flows:delete',
  whole: true,
  mutation: true,
  parameters: {},
  answers: { 204: { description: 'It is deleted' } },
  problems: [...problems, 'key-invalid', 'not-found'],
  async handle({ c, raw, table, signal, audit }) {
    const key = c.req.param('key')!;
    audit({ key });
    readParameters(raw, {});
    refuseBody(c);
    await table.expectations.delete(key, { signal });
    return empty(204);
  },
};

const types = ['application/json'];

/** `POST /expectations/flush`. */
export const flushExpectations: Operation = {
  id: 'flushExpectations',
  method: 'post',
  path: '/expectations/flush',
  summary: 'Flush expectations',
  description: 'Deletes all expectations, or those of one helper.',
  tag: 'expectations',
  access: 'flows:flush',
  whole: true,
  mutation: true,
  parameters: {},
  body: { types, schema: ExpectationFlushSchema },
  answers: { 200: { description: 'What was flushed', content: { 'application/json': ExpectationFlushedSchema } } },
  problems,
  async handle({ c, raw, table, signal, audit }) {
    const { confirm: _, ...rest } = await bodyAlone(raw, () => readBody(c, types, ExpectationFlushSchema));
    const { helper } = given(rest);
    const scope = helper === undefined ? ({ all: true } as const) : { helper };
    audit({ scope });
    await table.expectations.flush(scope, { signal });
    return json({ flushed: scope });
  },
};
