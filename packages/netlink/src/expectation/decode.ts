import {
  AF_INET,
  EXPECT_FLAGS,
  type Expectation,
  type ExpectationEvent,
  type FlowEventType,
  protocolOf,
  type Tuple,
} from '@conntrack/flow';
import { readTuple } from '../entry/flow.js';
import { EXPECTATION_ATTRIBUTES } from '../wire/attributes.js';
import { LITTLE } from '../wire/endianness.js';
import { malformed } from '../wire/error.js';
import { eachAttribute, HEADER, type Message, text } from '../wire/message.js';
import * as U from '../wire/uapi.js';

type TupleWithProtocol = Tuple & { protonum?: number };
const NAT_DIRECTIONS = ['original', 'reply'] as const;
const KNOWN = new Set(EXPECTATION_ATTRIBUTES.map(({ number }) => number));

const bare = ({ protonum: _, ...tuple }: TupleWithProtocol): Tuple => tuple;

/** An expectation's message as an object that holds none of its bytes. @throws NetlinkError MALFORMED */
export function expectationOf(buffer: Uint8Array, message: Message): Expectation {
  if (message.end - message.start < HEADER) throw malformed('an expectation without nfgenmsg', message.start);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  const family = buffer[message.start + 16] === AF_INET ? 'ipv4' : 'ipv6';
  const found: { tuple: TupleWithProtocol } & Omit<Partial<Expectation>, 'tuple'> = { tuple: { src: '', dst: '' } };
  const unknown: Record<string, string> = {};
  eachAttribute(view, message.start + HEADER, message.end, (type, start, end) => {
    const tuple = (): TupleWithProtocol => readTuple(buffer, view, start, end);
    const u32 = (): number | undefined => (end - start >= 4 ? view.getUint32(start) : undefined);
    const number = u32();
    if (type === U.CTA_EXPECT_TUPLE) found.tuple = tuple();
    else if (type === U.CTA_EXPECT_MASK) found.mask = bare(tuple());
    else if (type === U.CTA_EXPECT_MASTER) found.master = tuple();
    else if (type === U.CTA_EXPECT_TIMEOUT && number !== undefined) found.timeout = number;
    else if (type === U.CTA_EXPECT_ID && number !== undefined) found.id = number;
    else if (type === U.CTA_EXPECT_CLASS && number !== undefined) found.class = number;
    else if (type === U.CTA_EXPECT_FLAGS && number !== undefined)
      found.flags = EXPECT_FLAGS.filter((_, bit) => (number >> bit) & 1);
    else if (type === U.CTA_EXPECT_HELP_NAME) found.helper = text(buffer, start, end);
    else if (type === U.CTA_EXPECT_FN) found.fn = text(buffer, start, end);
    else if (type === U.CTA_EXPECT_ZONE && end - start >= 2) {
      const zone = view.getUint16(start);
      if (zone !== 0) found.zone = zone;
    } else if (type === U.CTA_EXPECT_NAT) found.nat = natOf(buffer, view, start, end);
    else if (!KNOWN.has(type)) unknown[type] = Buffer.from(buffer.subarray(start, end)).toString('hex');
  });
  const { tuple, ...rest } = found;
  const protonum = tuple.protonum ?? 0;
  const { id, ...others } = rest;
  return {
    ...(id !== undefined && { id }),
    family,
    protocol: protocolOf(protonum).name,
    protonum,
    tuple: bare(tuple),
    ...others,
    ...(Object.keys(unknown).length > 0 && { unknown }),
  };
}

function natOf(buffer: Uint8Array, view: DataView, from: number, to: number): NonNullable<Expectation['nat']> {
  let direction: 'original' | 'reply' = 'original';
  let tuple: Tuple = { src: '', dst: '' };
  eachAttribute(view, from, to, (type, start, end) => {
    if (type === U.CTA_EXPECT_NAT_DIR && end - start >= 4) direction = NAT_DIRECTIONS[view.getUint32(start) & 1]!;
    else if (type === U.CTA_EXPECT_NAT_TUPLE) tuple = bare(readTuple(buffer, view, start, end));
  });
  return { direction, tuple };
}

/** An expectation event's message. */
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
