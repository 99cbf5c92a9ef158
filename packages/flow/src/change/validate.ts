import type { Directions, Flow, FlowTuple, ProtoInfo, SeqAdj, SynProxy, Tuple } from '../flow/flow.js';
import { TCP_FLAGS } from '../flow/flow.js';
import {
  anything,
  type Complain,
  expecting,
  listOf,
  type OptionRule,
  type OptionRules,
  objectOf,
  oneOf,
  suggestion,
  text,
  whole,
} from '../options/options.js';
import { protocolOf, TUPLE_FIELDS } from '../protocol/protocol.js';
import { PART_BITS, TUPLE_PARTS, type TuplePart } from '../protocol/tuple-parts.js';
import { MAX_LABEL } from '../status/labels.js';
import { STATUS_BITS, statusBit } from '../status/status.js';
import type { FlowChange, FlowRef, NatRange, NewFlow } from './change.js';

const U32 = 0xffffffff;

const family = (): OptionRule => oneOf(['ipv4', 'ipv6']);

const tupleRules = (): OptionRules<Tuple> => ({
  src: text,
  dst: text,
  ...(Object.fromEntries(TUPLE_PARTS.map(part => [part, whole(2 ** PART_BITS[part] - 1)])) as OptionRules<
    Record<TuplePart, number>
  >),
  zone: whole(0xffff),
});

const natRange = (): OptionRule =>
  objectOf({
    address: text,
    lastAddress: text,
    port: whole(0xffff),
    lastPort: whole(0xffff),
  } satisfies OptionRules<NatRange>);

const directions = (rule: OptionRule): OptionRule =>
  objectOf({ original: rule, reply: rule } satisfies OptionRules<Directions<unknown>>);

const statusNames = (): OptionRule =>
  listOf((value, complain, at) => {
    if (typeof value !== 'string' || statusBit(value) === 0)
      throw complain(
        `${at}: unknown status bit ${JSON.stringify(value)}${suggestion(value, STATUS_BITS, 'Status bits')}`,
      );
  });

const labels = (): OptionRule => listOf(whole(MAX_LABEL));

const protoInfo = (): OptionRule =>
  objectOf({
    wscale: directions(whole(0xff)),
    flags: directions(listOf(oneOf(TCP_FLAGS))),
    vtag: directions(whole(U32)),
    role: oneOf(['client', 'server']),
    handshakeSeq: whole(2 ** 48 - 1),
  } satisfies OptionRules<ProtoInfo>);

const newFlowRules = (): OptionRules<NewFlow> => ({
  family: family(),
  protonum: whole(0xff),
  original: objectOf(tupleRules()),
  reply: objectOf(tupleRules()),
  timeout: whole(U32),
  status: statusNames(),
  state: text,
  mark: whole(U32),
  zone: whole(0xffff),
  labels: labels(),
  helper: text,
  protoinfo: protoInfo(),
  seqadj: directions(
    objectOf({
      correctionPos: whole(U32),
      offsetBefore: whole(U32),
      offsetAfter: whole(U32),
    } satisfies OptionRules<SeqAdj>),
  ),
  synproxy: objectOf({ isn: whole(U32), its: whole(U32), tsoff: whole(U32) } satisfies OptionRules<SynProxy>),
  master: objectOf({ ...tupleRules(), family: family(), protonum: whole(0xff) }),
  nat: objectOf({ src: natRange(), dst: natRange() }),
});

const changeRules = (): OptionRules<FlowChange> => ({
  mark: whole(U32),
  markMask: whole(U32),
  timeout: whole(U32),
  status: statusNames(),
  labels: labels(),
  labelsMask: labels(),
  helper: expecting("'' (which detaches the helper)", value => value === ''),
  state: text,
});

/** A listed flow is a reference too: its other members are allowed and ignored. */
const refRules = (): OptionRules<FlowRef> & { readonly [Key in keyof Required<Flow>]: OptionRule } => ({
  node: text,
  family: family(),
  protonum: whole(0xff),
  original: objectOf({ ...tupleRules(), packets: anything, bytes: anything } satisfies OptionRules<FlowTuple>),
  reply: objectOf({ ...tupleRules(), packets: anything, bytes: anything } satisfies OptionRules<FlowTuple>),
  zone: whole(0xffff),
  replyZone: whole(0xffff),
  id: whole(U32),
  ...(Object.fromEntries(REST_OF_FLOW.map(name => [name, anything])) as Record<
    (typeof REST_OF_FLOW)[number],
    OptionRule
  >),
});

const REST_OF_FLOW = [
  'key',
  'protocol',
  'state',
  'status',
  'timeout',
  'mark',
  'use',
  'labels',
  'secctx',
  'secmark',
  'helper',
  'start',
  'stop',
  'deltaTime',
  'rate',
  'firstSeen',
  'protoinfo',
  'seqadj',
  'synproxy',
  'master',
  'portid',
  'progname',
  'extra',
  'unknown',
] as const satisfies readonly (keyof Flow)[];

// Made at first use, so that a program that only reads does not pay for them.
let newFlow: OptionRule | undefined;
let change: OptionRule | undefined;
let ref: OptionRule | undefined;
let refKeys: ReadonlySet<string> | undefined;
let tupleKeys: ReadonlySet<string> | undefined;

/** Refuses parts of a tuple that its protocol does not have: the encoder would leave them out without an error. */
function checkParts(call: string, direction: string, protonum: number, tuple: Tuple, complain: Complain): void {
  const { kind, name } = protocolOf(protonum);
  const own: readonly string[] = TUPLE_FIELDS[kind];
  for (const part of TUPLE_PARTS)
    if (tuple[part] !== undefined && !own.includes(part))
      throw complain(`${call}: ${direction}.${part}: ${name} has no ${part}`);
}

const PROTOINFO: Readonly<Record<number, readonly (keyof ProtoInfo)[]>> = {
  6: ['wscale', 'flags'],
  33: ['role', 'handshakeSeq'],
  132: ['vtag'],
};

function checkProtoInfo({ protonum, protoinfo }: NewFlow, complain: Complain): void {
  for (const [field, value] of Object.entries(protoinfo ?? {}))
    if (value !== undefined && !PROTOINFO[protonum]?.includes(field as keyof ProtoInfo))
      throw complain(`create: protoinfo.${field}: ${protocolOf(protonum).name} has no ${field}`);
  const { wscale } = protoinfo ?? {};
  if (wscale !== undefined && (wscale.original === undefined || wscale.reply === undefined))
    throw complain(
      'create: protoinfo.wscale must be given for both directions: the kernel ignores the scale of one direction',
    );
}

/**
 * Refuses a new flow with unknown members, values of the wrong type, or tuple parts that its protocol does not have. @throws the error that
 * `complain` makes
 */
export function checkNewFlow(flow: NewFlow, complain: Complain): void {
  newFlow ??= objectOf(newFlowRules());
  newFlow(flow, complain, 'create');
  const { protonum, original, reply } = flow;
  // The encoder reports missing members.
  if (protonum === undefined) return;
  if (original !== undefined) checkParts('create', 'original', protonum, original, complain);
  if (reply !== undefined) checkParts('create', 'reply', protonum, reply, complain);
  checkProtoInfo(flow, complain);
}

/** Refuses a change with unknown members, values of the wrong type, or a mask without its value. @throws the error that `complain` makes */
export function checkFlowChange(given: FlowChange, complain: Complain): void {
  change ??= objectOf(changeRules());
  change(given, complain, 'update');
  for (const [mask, value] of [
    ['markMask', 'mark'],
    ['labelsMask', 'labels'],
  ] as const)
    if (given[mask] !== undefined && given[value] === undefined)
      throw complain(`update: ${mask} needs ${value}: a mask without a value changes nothing`);
  const { labels, labelsMask } = given;
  const outside = labelsMask && labels?.find(label => !labelsMask.includes(label));
  if (outside !== undefined) throw complain(`update: label ${outside} is outside labelsMask, so it would not be set`);
}

/**
 * Refuses a reference with unknown members or values of the wrong type: if they were ignored, the reference would mean another entry.
 * @throws the error that `complain` makes
 */
export function checkFlowRef(call: string, given: FlowRef, complain: Complain): void {
  ref ??= objectOf(refRules());
  ref(given, complain, call);
  const { protonum, original } = given;
  if (protonum !== undefined && original !== undefined) checkParts(call, 'original', protonum, original, complain);
}

/**
 * Refuses a reference with unknown keys, in about 0.1 µs. For millions of references, whose values the encoder checks. @throws the error
 * that `complain` makes
 */
export function checkRefKeys(call: string, given: FlowRef, complain: Complain): void {
  refKeys ??= new Set(Object.keys(refRules()));
  tupleKeys ??= new Set([...Object.keys(tupleRules()), 'packets', 'bytes']);
  for (const name in given) if (!refKeys.has(name)) checkFlowRef(call, given, complain);
  for (const name in given.original) if (!tupleKeys.has(name)) checkFlowRef(call, given, complain);
}
