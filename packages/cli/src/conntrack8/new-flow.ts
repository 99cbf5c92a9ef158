import {
  type Address,
  type Family,
  formatAddress,
  invertTuple,
  type NatRange,
  type NewFlow,
  protocolOf,
  stateName,
  statusNames,
  type Tuple,
} from '@conntrack/flow';
import { OperationError } from './errors.js';
import type { NatWords, Request, TupleWords } from './request.js';
import { swapVtag } from './vtag.js';

const text = (address: Address | undefined): string | undefined =>
  address === undefined ? undefined : formatAddress(address);

/** What was said of a tuple, as a tuple; what was not said is absent. */
function given(words: TupleWords): Partial<Tuple> {
  const { src, dst, ...rest } = words;
  return { ...rest, ...(src && { src: formatAddress(src) }), ...(dst && { dst: formatAddress(dst) }) };
}

const numbers = (kind: 'ports' | 'icmp' | 'keys' | 'none'): readonly (keyof Tuple)[] =>
  kind === 'ports'
    ? ['sport', 'dport']
    : kind === 'keys'
      ? ['srckey', 'dstkey']
      : kind === 'icmp'
        ? ['type', 'code', 'id']
        : [];

/** A tuple with what its protocol needs and nobody said: 0, as the kernel has it for what is not sent. */
function whole(tuple: Partial<Tuple>, protonum: number): Tuple {
  const filled: Partial<Tuple> = { ...tuple };
  for (const field of numbers(protocolOf(protonum).kind)) filled[field] ??= 0 as never;
  return filled as Tuple;
}

/** Whether the original direction was named. */
const namesOriginal = ({ given: names }: Request): boolean => names.has('src') && names.has('dst');

/** The two tuples that a request names: where one is not named, or not in full, it is the other turned round. */
export function tuplesOf(request: Request): { family: Family; protonum: number; original: Tuple; reply: Tuple } {
  const { family, protonum } = request;
  if (family === undefined || protonum === undefined) throw new OperationError('Operation failed: invalid parameters');
  const original = given(request.original);
  const reply = given(request.reply);
  const first = namesOriginal(request) ? original : { ...inverseOf(reply, protonum), ...original };
  const whole1 = whole(first, protonum);
  const whole2 = whole({ ...invertTuple(whole1, protonum), ...reply }, protonum);
  return { family, protonum, original: whole1, reply: whole2 };
}

const inverseOf = (tuple: Partial<Tuple>, protonum: number): Partial<Tuple> =>
  invertTuple(whole(tuple, protonum), protonum);

const range = ({ address, port }: NatWords): NatRange | undefined =>
  address === undefined ? undefined : { address: text(address)!, ...(port !== undefined && { port }) };

const TCP = 6;

/** The entry that `-I` or `-A` asks for. */
export function newFlowOf(request: Request): NewFlow {
  const { family, protonum, original, reply } = tuplesOf(request);
  const {
    timeout = 0,
    state,
    mark,
    zone,
    origZone,
    replyZone,
    status,
    labelsAdd,
    vtag,
    role,
    srcNat,
    dstNat,
  } = request;
  if (origZone) original.zone = origZone;
  if (replyZone) reply.zone = replyZone;
  const flow: NewFlow = { family, protonum, original, reply, timeout };
  if (state !== undefined) flow.state = stateName(protonum, state);
  if (mark !== undefined) flow.mark = mark;
  if (zone !== undefined) flow.zone = zone;
  if (status !== undefined) flow.status = statusNames(status.set);
  if (labelsAdd.length > 0) flow.labels = labelsAdd;
  // Without them the first packet in mid-stream would make the entry invalid.
  if (protonum === TCP) flow.protoinfo = { flags: { original: LIBERAL, reply: LIBERAL } };
  else if (vtag.original !== undefined || vtag.reply !== undefined) flow.protoinfo = { vtag: swapVtag(vtag) };
  else if (role !== undefined) flow.protoinfo = { role };
  const src = srcNat && range(srcNat);
  const dst = dstNat && range(dstNat);
  if (src || dst) flow.nat = { ...(src && { src }), ...(dst && { dst }) };
  return flow;
}

const LIBERAL: ('SACK_PERM' | 'BE_LIBERAL')[] = ['SACK_PERM', 'BE_LIBERAL'];
