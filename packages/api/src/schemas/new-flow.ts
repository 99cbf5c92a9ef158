import {
  findProtocol,
  formatAddress,
  type NewFlow,
  parseAddress,
  protocolOf,
  type StatusName,
  stateNumber,
  type Tuple,
} from '@conntrack/flow';
import { TUPLE_FIELDS } from '@conntrack/flow/codec';
import { z } from '@hono/zod-openapi';
import { tupleShape } from './flow.js';
import { address, label, state, statusName, u8, u16, u32 } from './scalars.js';

const NewTuple = z.strictObject({ ...tupleShape, src: address, dst: address }).openapi('NewTuple');

const NatRange = z
  .strictObject({
    address,
    lastAddress: address.optional(),
    port: u16().optional(),
    lastPort: u16().optional(),
  })
  .openapi('NatRange');

const PROTOCOL_FIELDS = Object.values(TUPLE_FIELDS).flat();

type Complain = (path: PropertyKey[], message: string) => void;

/** A tuple of the protocol and family, in canonical spelling. */
function checkTuple(
  given: z.output<typeof NewTuple>,
  path: string,
  protonum: number,
  family: string,
  complain: Complain,
): Tuple {
  const { kind, name } = protocolOf(protonum);
  const needed: readonly string[] = TUPLE_FIELDS[kind];
  for (const field of PROTOCOL_FIELDS) {
    if (needed.includes(field) && given[field] === undefined) complain([path, field], `${name} needs a ${field}`);
    if (!needed.includes(field) && given[field] !== undefined) complain([path, field], `${name} has no ${field}`);
  }
  const tuple: Record<string, unknown> = { ...given };
  for (const end of ['src', 'dst'] as const) {
    const parsed = parseAddress(given[end])!;
    if (parsed.family !== family)
      complain([path, end], `this must be an ${family} address, because the flow is ${family}`);
    tuple[end] = formatAddress(parsed);
  }
  return tuple as unknown as Tuple;
}

/** The body of `POST /conntrack`. The family follows from the addresses; the protocol is a name or a number. */
export const NewFlowSchema = z
  .strictObject({
    family: z.enum(['ipv4', 'ipv6']).optional().openapi({ description: 'That of original.src by default' }),
    protocol: z
      .string()
      .max(20)
      .refine(text => findProtocol(text) !== undefined, 'there is no such protocol')
      .optional()
      .openapi({ description: 'Name, or number in text; this or protonum', example: 'tcp' }),
    protonum: u8().optional(),
    original: NewTuple,
    reply: NewTuple.optional().openapi({ description: 'The inverse of original by default' }),
    timeout: u32().openapi({ description: 'Seconds', example: 600 }),
    state: state.optional(),
    status: z.array(statusName).max(32).optional(),
    mark: u32().optional(),
    zone: u16().optional(),
    labels: z.array(label).max(128).optional(),
    helper: z.string().min(1).max(15).optional(),
    nat: z
      .strictObject({ src: NatRange.optional(), dst: NatRange.optional() })
      .optional()
      .openapi({ description: 'NAT to be applied; only possible at creation' }),
    master: NewTuple.optional(),
  })
  .openapi('NewFlow', {
    example: {
      protocol: 'tcp',
      original: { src: '192.0.2.10', dst: '198.51.100.7', sport: 40000, dport: 443 },
      state: 'ESTABLISHED',
      timeout: 600,
    },
  });

/** The same, checked as a whole, and as the table takes it. */
export const NewFlowBody: z.ZodType<NewFlow> = NewFlowSchema.transform((body, context): NewFlow => {
  const complain: Complain = (path, message) => context.addIssue({ code: 'custom', path, message });
  const {
    protocol,
    protonum: number,
    family: givenFamily,
    original,
    reply,
    status,
    state: stateText,
    nat,
    master,
    ...rest
  } = body;
  const protonum = protocol === undefined ? number : findProtocol(protocol)!.number;
  if (protonum === undefined) {
    complain(['protocol'], 'protocol or protonum is required');
    return z.NEVER;
  }
  if (number !== undefined && number !== protonum) complain(['protonum'], `this is not the number of '${protocol}'`);
  const family = givenFamily ?? parseAddress(original.src)!.family;
  if (stateText !== undefined && stateNumber(protonum, stateText) < 0)
    complain(['state'], `${protocolOf(protonum).name} has no state '${stateText}'`);
  for (const [end, range] of Object.entries(nat ?? {}))
    for (const field of ['address', 'lastAddress'] as const)
      if (range?.[field] !== undefined && parseAddress(range[field])!.family !== family)
        complain(['nat', end, field], `this must be an ${family} address, because the flow is ${family}`);
  const checked: NewFlow = {
    family,
    protonum,
    original: checkTuple(original, 'original', protonum, family, complain),
    ...(reply && { reply: checkTuple(reply, 'reply', protonum, family, complain) }),
    ...(master && { master: checkTuple(master, 'master', protonum, family, complain) }),
    ...(status && { status: status.map(name => name.toUpperCase() as StatusName) }),
    ...(stateText !== undefined && { state: stateText.toUpperCase() }),
    ...(nat && { nat: nat as NonNullable<NewFlow['nat']> }),
    ...(rest as Partial<NewFlow> & { timeout: number }),
  };
  return checked;
}) as unknown as z.ZodType<NewFlow>;
