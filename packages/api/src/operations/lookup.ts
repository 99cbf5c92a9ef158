import { type FlowRef, findProtocol, formatAddress, parseAddress, protocolOf, type Tuple } from '@conntrack/flow';
import { TUPLE_FIELDS } from '@conntrack/flow/codec';
import { json } from '../http/context.js';
import { faultsProblem } from '../http/problem/faults.js';
import { type Fault, Problem } from '../http/problem/problems.js';
import { integer, oneOf, type Parameter, ParameterFault, required, type Values } from '../http/query/parameters.js';
import { readParameters } from '../http/query/query.js';
import { FlowSchema } from '../schemas/flow.js';
import type { Operation } from './operation.js';

const address = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string', example: '192.0.2.10' },
  read(text) {
    const parsed = parseAddress(text);
    if (parsed === undefined) throw new ParameterFault(`must be an IPv4 or IPv6 address, got '${text}'`);
    return formatAddress(parsed);
  },
});

const parameters = {
  proto: required<number>({
    description: 'Protocol name or number',
    schema: { type: 'string', example: 'tcp' },
    read(text) {
      const protocol = findProtocol(text);
      if (protocol === undefined) throw new ParameterFault(`unknown protocol '${text}'`);
      return protocol.number;
    },
  }),
  src: required(address('Source address of the packet')),
  dst: required(address('Destination address of the packet')),
  sport: integer('Source port (TCP, UDP, UDP-Lite, SCTP, DCCP)', 0, 0xffff),
  dport: integer('Destination port (TCP, UDP, UDP-Lite, SCTP, DCCP)', 0, 0xffff),
  type: integer('ICMP type', 0, 0xff),
  code: integer('ICMP code', 0, 0xff),
  id: integer('ICMP identifier', 0, 0xffff),
  srckey: integer('GRE source key', 0, 0xffff),
  dstkey: integer('GRE destination key', 0, 0xffff),
  dir: oneOf('The direction of the packet. Default: original', ['original', 'reply'] as const),
  zone: integer('Connection tracking zone', 0, 0xffff, 0),
};

/** Makes the complete tuple. @throws Problem with all faults at once */
function tupleOf(values: Values<typeof parameters>): FlowRef {
  const { kind, name } = protocolOf(values.proto);
  const needed: readonly string[] = TUPLE_FIELDS[kind];
  const faults: Fault[] = [];
  const fault = (parameter: string, code: string, message: string): void => {
    faults.push({ code, parameter, message: `${parameter}: ${message}` });
  };
  const tuple: Tuple = { src: values.src, dst: values.dst };
  for (const field of Object.values(TUPLE_FIELDS).flat()) {
    const value = values[field];
    if (needed.includes(field) && value === undefined) fault(field, 'missing', `required for ${name}`);
    if (!needed.includes(field) && value !== undefined) fault(field, 'invalid', `not allowed for ${name}`);
    if (value !== undefined) tuple[field] = value;
  }
  const { family } = parseAddress(values.src)!;
  if (parseAddress(values.dst)!.family !== family)
    fault('dst', 'invalid', `must be an ${family} address, because src is one`);
  if (faults.length > 0) throw faultsProblem('parameter-invalid', faults);
  return { family, protonum: values.proto, original: tuple, ...(values.zone && { zone: values.zone }) };
}

const same = (one: Tuple, other: Tuple): boolean =>
  (['src', 'dst', ...Object.values(TUPLE_FIELDS).flat()] as const).every(field => one[field] === other[field]);

export const lookup: Operation = {
  id: 'lookupFlow',
  method: 'get',
  path: '/conntrack/lookup',
  summary: 'Look up a flow by its tuple',
  description:
    'Finds the flow that a packet belongs to. This costs one kernel look-up; the table is not scanned. With `dir=reply`, the tuple is that of a reply packet as it arrives at this host. Use it to find the inside host behind a public address and port.',
  tag: 'flows',
  access: 'flows:read',
  parameters,
  answers: { 200: { description: 'The flow', content: { 'application/json': FlowSchema } } },
  problems: ['not-found', 'not-privileged', 'source-failed'],
  async handle({ raw, table }) {
    const values = readParameters(raw, parameters);
    const ref = tupleOf(values);
    const { dir = 'original' } = values;
    const flow = await table.lookup(ref);
    if (flow === undefined) throw new Problem('not-found', 'no flow has this tuple in either direction');
    // The kernel's hash table contains both directions, so a look-up finds either.
    if (!same(flow[dir], ref.original))
      throw new Problem(
        'not-found',
        `a flow has this tuple in its other direction: use dir=${dir === 'reply' ? 'original' : 'reply'}`,
        flow.key === undefined ? {} : { key: flow.key },
      );
    return json(flow);
  },
};
