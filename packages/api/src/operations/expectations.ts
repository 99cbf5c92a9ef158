import { findProtocol, formatAddress, parseAddress } from '@conntrack/flow';
import type { KeyedExpectation } from '@conntrack/table';
import { bodyAlone, readBody, refuseBody } from '../http/body/body.js';
import { empty, json } from '../http/context.js';
import type { ProblemCode } from '../http/problem/problems.js';
import { integer, oneOf, type Parameter, ParameterFault, word } from '../http/query/parameters.js';
import { readParameters } from '../http/query/query.js';
import { ExpectationFlushedSchema, ExpectationFlushSchema, ExpectationListSchema } from '../schemas/expectation.js';
import { given, type Operation } from './operation.js';

/**
 * Maximum number of expectations in a list. The kernel keeps a few thousand at most (`nf_conntrack_expect_max`), so one
 * page is enough.
 */
const MAX_LIMIT = 10_000;

const address = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string', example: '192.0.2.10' },
  read(text) {
    const parsed = parseAddress(text);
    if (parsed === undefined) throw new ParameterFault(`must be an IPv4 or IPv6 address, got '${text}'`);
    return formatAddress(parsed);
  },
});

const protocol: Parameter<number> = {
  description: 'Protocol name or number',
  schema: { type: 'string', example: 'tcp' },
  read(text) {
    const found = findProtocol(text);
    if (found === undefined) throw new ParameterFault(`unknown protocol '${text}'`);
    return found.number;
  },
};

/** The parameters to select expectations by. */
const TESTS = {
  family: oneOf('Address family', ['ipv4', 'ipv6'] as const),
  proto: protocol,
  src: address('Expected source address'),
  dst: address('Expected destination address'),
  dport: integer('Expected destination port', 0, 0xffff),
  'master.src': address('Source address of the master connection'),
  'master.dst': address('Destination address of the master connection'),
  helper: word('Name of the helper: ftp, sip …'),
  zone: integer('Connection tracking zone. 0 selects expectations without a zone', 0, 0xffff),
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

const parameters = { ...TESTS, limit: integer('Maximum number of expectations', 1, MAX_LIMIT, 1000) };
const problems: readonly ProblemCode[] = ['unsupported', 'not-privileged', 'source-failed'];

export const listExpectations: Operation = {
  id: 'listExpectations',
  method: 'get',
  path: '/expectations',
  summary: 'List expectations',
  description:
    'Returns the connections that helpers (FTP, SIP …) expect, in one page and in the kernel’s order. All given conditions must match. Not available to tokens that are limited by a filter.',
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

export const deleteExpectation: Operation = {
  id: 'deleteExpectation',
  method: 'delete',
  path: '/expectations/{key}',
  summary: 'Delete an expectation',
  description:
    'Deletes one expectation by its key. The expected connection is then treated like any other new connection.',
  tag: 'expectations',
  access: 'flows:delete',
  whole: true,
  mutation: true,
  parameters: {},
  answers: { 204: { description: 'The expectation was deleted' } },
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

export const flushExpectations: Operation = {
  id: 'flushExpectations',
  method: 'post',
  path: '/expectations/flush',
  summary: 'Flush expectations',
  description:
    'Deletes all expectations, or those of one helper, in one kernel operation. The kernel does not report how many it deleted.',
  tag: 'expectations',
  access: 'flows:flush',
  whole: true,
  mutation: true,
  parameters: {},
  body: { types, schema: ExpectationFlushSchema },
  answers: {
    200: { description: 'The scope of the flush', content: { 'application/json': ExpectationFlushedSchema } },
  },
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
