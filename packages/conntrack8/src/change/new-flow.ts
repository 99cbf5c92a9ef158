import {
  type Family,
  formatAddress,
  invertTuple,
  type NatRange,
  type NewFlow,
  stateName,
  statusNames,
  type Tuple,
} from '@conntrack/flow';
import type { NatWords, Request } from '../argv/request.js';
import { OperationError } from '../errors.js';
import { swapVtag } from '../output/vtag.js';
import { partialTuple, wholeTuple } from './whole-tuple.js';

/** Whether the original direction was given. */
export const namesOriginal = ({ given: names }: Request): boolean => names.has('src') && names.has('dst');

/** The two tuples of a request. A tuple that was not given, or not completely, is the inverse of the other one. */
export function tuplesOf(request: Request): { family: Family; protonum: number; original: Tuple; reply: Tuple } {
  const { family, protonum } = request;
  if (family === undefined || protonum === undefined) throw new OperationError('Operation failed: invalid parameters');
  const said = partialTuple(request.original);
  const answer = partialTuple(request.reply);
  const turned = namesOriginal(request) ? {} : invertTuple(wholeTuple(answer, protonum), protonum);
  const original = wholeTuple({ ...turned, ...said }, protonum);
  const reply = wholeTuple({ ...invertTuple(original, protonum), ...answer }, protonum);
  return { family, protonum, original, reply };
}

const range = ({ address, port }: NatWords): NatRange | undefined =>
  address === undefined ? undefined : { address: formatAddress(address), ...(port !== undefined && { port }) };

const TCP = 6;
const LIBERAL: ('SACK_PERM' | 'BE_LIBERAL')[] = ['SACK_PERM', 'BE_LIBERAL'];

/** The entry that `-I` or `-A` creates. */
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
  // Without these flags, the next packet of a running connection would make the entry invalid.
  if (protonum === TCP) flow.protoinfo = { flags: { original: LIBERAL, reply: LIBERAL } };
  else if (vtag.original !== undefined || vtag.reply !== undefined) flow.protoinfo = { vtag: swapVtag(vtag) };
  else if (role !== undefined) flow.protoinfo = { role };
  const src = srcNat && range(srcNat);
  const dst = dstNat && range(dstNat);
  if (src || dst) flow.nat = { ...(src && { src }), ...(dst && { dst }) };
  return flow;
}
