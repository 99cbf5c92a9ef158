import { type Expectation, type ExpectationEvent, type FlowEventType, protocolOf, type Tuple } from '@conntrack/flow';
import { AF_INET } from '@conntrack/flow/codec';
import { unknownAttributes } from '../entry/unknown.js';
import { EXPECTATION_ATTRIBUTES } from '../wire/attributes.js';
import { LITTLE } from '../wire/endianness.js';
import { malformed } from '../wire/error.js';
import { fieldsReader } from '../wire/fields.js';
import { HEADER, type Message } from '../wire/message.js';
import * as U from '../wire/uapi.js';

const readExpectation = fieldsReader(EXPECTATION_ATTRIBUTES);

type TupleWithProtocol = Tuple & { protonum?: number };

const withoutProtocol = ({ protonum: _, ...tuple }: TupleWithProtocol): Tuple => tuple;

/** Decodes a message as an expectation, which keeps none of its bytes. @throws NetlinkError MALFORMED */
export function expectationOf(bytes: Uint8Array, message: Message): Expectation {
  const start = message.start + HEADER;
  const { end } = message;
  if (end < start) throw malformed('an expectation without nfgenmsg', message.start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Omit<Partial<Expectation>, 'tuple'> & { tuple?: TupleWithProtocol } = {};
  readExpectation({ bytes, view, start, end }, found);
  const { id, tuple = { src: '', dst: '' }, ...others } = found;
  const { protonum = 0 } = tuple;
  if (others.mask !== undefined) others.mask = withoutProtocol(others.mask);
  if (others.nat !== undefined) {
    const { direction = 'original', tuple: translated = { src: '', dst: '' } }: Partial<typeof others.nat> = others.nat;
    others.nat = { direction, tuple: withoutProtocol(translated) };
  }
  const unknown = unknownAttributes(bytes, view, start, end, EXPECTATION_ATTRIBUTES);
  return {
    ...(id !== undefined && { id }),
    family: bytes[message.start + 16] === AF_INET ? 'ipv4' : 'ipv6',
    protocol: protocolOf(protonum).name,
    protonum,
    tuple: withoutProtocol(tuple),
    ...others,
    ...(unknown !== undefined && { unknown }),
  };
}

/** Decodes a message as an expectation event. */
export function expectationEventOf(buffer: Uint8Array, message: Message): ExpectationEvent {
  const expectation = expectationOf(buffer, message);
  const portid = new DataView(buffer.buffer, buffer.byteOffset).getUint32(message.start + 12, LITTLE);
  if (portid !== 0) expectation.portid = portid;
  const type: FlowEventType =
    (message.type & 0xff) === U.IPCTNL_MSG_EXP_DELETE
      ? 'destroy'
      : (message.flags & (U.NLM_F_CREATE | U.NLM_F_EXCL)) !== 0
        ? 'new'
        : 'update';
  return { type, expectation };
}
