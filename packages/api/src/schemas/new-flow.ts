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

const NewTuple = z
  .strictObject({
    ...tupleShape,
    src: address.openapi({ description: 'Source address' }),
    dst: address.openapi({ description: 'Destination address' }),
  })
  .openapi('NewTuple', { description: 'One direction of a new flow' });

const NatRange = z
  .strictObject({
    address: address.openapi({ description: 'The address to translate to, or the first one of a range' }),
    lastAddress: address.optional().openapi({ description: 'The last address of a range' }),
    port: u16().optional().openapi({ description: 'The port to translate to, or the first one of a range' }),
    lastPort: u16().optional().openapi({ description: 'The last port of a range' }),
  })
  .openapi('NatRange', { description: 'The target of an address translation' });

const PROTOCOL_FIELDS = Object.values(TUPLE_FIELDS).flat();

type Complain = (path: PropertyKey[], message: string) => void;

/** Checks a tuple against protocol and family, and returns it in canonical spelling. */
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
    if (needed.includes(field) && given[field] === undefined)
      complain([path, field], `${field} is required for ${name}`);
    if (!needed.includes(field) && given[field] !== undefined)
      complain([path, field], `${field} is not allowed for ${name}`);
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

/** The body of `POST /conntrack`. The family follows from the addresses. */
export const NewFlowSchema = z
  .strictObject({
    family: z
      .enum(['ipv4', 'ipv6'])
      .optional()
      .openapi({ description: 'Address family. Default: that of original.src' }),
    protocol: z
      .string()
      .max(20)
      .refine(
        text => findProtocol(text) !== undefined,
        'unknown protocol. Use a name like tcp, or a number from 0 to 255',
      )
      .optional()
      .openapi({
        description: 'Name of the protocol, or its number as text. Required unless protonum is given',
        example: 'tcp',
      }),
    protonum: u8().optional().openapi({ description: 'IP protocol number' }),
    original: NewTuple.openapi({ description: 'The direction of the first packet, before address translation' }),
    reply: NewTuple.optional().openapi({ description: 'The direction of replies. Default: the inverse of original' }),
    timeout: u32().openapi({ description: 'Seconds until the flow expires without packets', example: 600 }),
    state: state.optional().openapi({ description: 'TCP, SCTP or DCCP state' }),
    status: z.array(statusName).max(32).optional().openapi({ description: 'Status bits to set' }),
    mark: u32().optional().openapi({ description: 'The connection mark' }),
    zone: u16().optional().openapi({ description: 'Connection tracking zone. Default: 0' }),
    labels: z.array(label).max(128).optional().openapi({ description: 'Label bits to set' }),
    helper: z
      .string()
      .min(1)
      .max(15)
      .optional()
      .openapi({ description: 'Name of the connection tracking helper to attach' }),
    nat: z
      .strictObject({
        src: NatRange.optional().openapi({ description: 'Translation of the source address' }),
        dst: NatRange.optional().openapi({ description: 'Translation of the destination address' }),
      })
      .optional()
      .openapi({ description: 'Address translation of the flow. It can only be set when the flow is created' }),
    master: NewTuple.optional().openapi({ description: 'Original tuple of the master connection' }),
  })
  .openapi('NewFlow', {
    description: 'A flow to create',
    example: {
      protocol: 'tcp',
      original: { src: '192.0.2.10', dst: '198.51.100.7', sport: 40000, dport: 443 },
      state: 'ESTABLISHED',
      timeout: 600,
    },
  });

/** Parses a new flow: also checks members against each other, and converts them for the table. */
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
  if (number !== undefined && number !== protonum)
    complain(['protonum'], `must be the number of the protocol '${protocol}', or be omitted`);
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
