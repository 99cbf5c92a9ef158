import { type Address, type End, type FlowCursor, STATUS } from '@conntrack/flow';
import { familyNumber, ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import type { NatWords, Request } from '../argv/request.js';
import { OperationError } from '../errors.js';

/** Whether an entry matches. */
export type Match = (entry: FlowCursor) => boolean;

function addressMatch(end: End, { words }: Address, mask?: Address): Match {
  const wanted = words.map((word, i) => (mask === undefined ? word : word & mask.words[i]!) >>> 0);
  const at = (entry: FlowCursor, i: 0 | 1 | 2 | 3): boolean => {
    const word = entry.word(end, i);
    return word >= 0 && (mask === undefined ? word : (word & mask.words[i]!) >>> 0) === wanted[i];
  };
  // Least significant first, because that is where addresses differ.
  return entry => at(entry, 3) && at(entry, 2) && at(entry, 1) && at(entry, 0);
}

/** The field before and after the translation, and the status bit that shows that NAT was done. */
const NAT_KINDS = {
  src: { done: STATUS.SRC_NAT_DONE, before: ORIGINAL_SRC, after: REPLY_DST },
  dst: { done: STATUS.DST_NAT_DONE, before: ORIGINAL_DST, after: REPLY_SRC },
} as const;

const layer4 = (entry: FlowCursor, end: End): number => {
  const port = entry.port(end);
  return port >= 0 ? port : entry.icmpId(end < 2 ? ORIGINAL : REPLY);
};
const sameAddress = (entry: FlowCursor, one: End, other: End): boolean =>
  entry.word(one, 3) === entry.word(other, 3) &&
  entry.word(one, 2) === entry.word(other, 2) &&
  entry.word(one, 1) === entry.word(other, 1) &&
  entry.word(one, 0) === entry.word(other, 0);

/**
 * Matches NAT of one kind: any translation of address or port, a translation to an address, or to an address and port.
 * With a port, both must have been translated, as in conntrack(8).
 */
function natMatch(kind: keyof typeof NAT_KINDS, { address, port }: NatWords): Match {
  const { done, before, after } = NAT_KINDS[kind];
  const natted: Match = entry => (entry.status() & done) !== 0 && entry.status() >= 0;
  const movedAddress: Match = entry => !sameAddress(entry, before, after);
  const movedPort: Match = entry => layer4(entry, before) !== layer4(entry, after);
  if (address === undefined) return entry => natted(entry) && (movedAddress(entry) || movedPort(entry));
  const isAddress = addressMatch(after, address);
  const toAddress: Match = entry => natted(entry) && movedAddress(entry) && isAddress(entry);
  if (port === undefined) return toAddress;
  return entry => toAddress(entry) && movedPort(entry) && layer4(entry, after) === port;
}

/** The security mark; 0 if there is none. @throws OperationError if the kernel reports security contexts instead */
function secmarkOf(entry: FlowCursor): number {
  const secmark = entry.secmark();
  if (secmark < 0 && entry.secctx() !== undefined)
    throw new OperationError(
      'cannot compare --secmark: this kernel reports security contexts (secctx=) instead of security marks',
    );
  return Math.max(0, secmark);
}

/**
 * Makes a test for the entries that match all conditions of a request. `undefined` if it has no conditions. The new
 * values of an update are not conditions.
 */
export function matchOf(
  request: Omit<Request, 'family'> & { family?: Request['family'] | undefined },
): Match | undefined {
  const { command, original, reply, mask, given } = request;
  const updating = command === 'U';
  const matches: Match[] = [];
  const equal = (wanted: number | undefined, read: (entry: FlowCursor) => number): void => {
    if (wanted !== undefined) matches.push(entry => read(entry) === wanted);
  };
  const { family } = request;
  if (family !== undefined) equal(familyNumber(family), entry => entry.family());
  equal(request.protonum, entry => entry.protonum());
  for (const [tuple, first, direction] of [
    [original, ORIGINAL_SRC, ORIGINAL],
    [reply, REPLY_SRC, REPLY],
  ] as const) {
    const second = (first + 1) as End;
    equal(tuple.sport, entry => entry.port(first));
    equal(tuple.dport, entry => entry.port(second));
    equal(tuple.type, entry => entry.icmpType(direction));
    equal(tuple.code, entry => entry.icmpCode(direction));
    equal(tuple.id, entry => entry.icmpId(direction));
    equal(tuple.srckey, entry => entry.greKey(first));
    equal(tuple.dstkey, entry => entry.greKey(second));
    const masks = direction === ORIGINAL ? mask : {};
    if (tuple.src !== undefined) matches.push(addressMatch(first, tuple.src, masks.src));
    if (tuple.dst !== undefined) matches.push(addressMatch(second, tuple.dst, masks.dst));
  }
  equal(request.id, entry => entry.id());
  equal(request.zone, entry => entry.zone());
  equal(request.origZone, entry => entry.directionZone(ORIGINAL));
  equal(request.replyZone, entry => entry.directionZone(REPLY));
  equal(request.secmark, secmarkOf);
  if (!updating) {
    equal(request.state, entry => entry.state());
    equal(request.timeout, entry => entry.timeout());
    const { mark, markMask, status } = request;
    if (mark !== undefined)
      matches.push(
        markMask === undefined
          ? entry => Math.max(0, entry.mark()) === mark
          : entry => (Math.max(0, entry.mark()) & markMask) >>> 0 === mark,
      );
    if (status !== undefined) {
      const { set, clear } = status;
      matches.push(entry => {
        const bits = Math.max(0, entry.status());
        return (bits & set) === set && (bits & clear) === 0;
      });
    }
  }
  const { srcNat, dstNat, anyNat, labels } = request;
  if (srcNat !== undefined) matches.push(natMatch('src', srcNat));
  if (dstNat !== undefined) matches.push(natMatch('dst', dstNat));
  if (anyNat !== undefined) {
    const [bySource, byDestination] = [natMatch('src', anyNat), natMatch('dst', anyNat)];
    matches.push(entry => bySource(entry) || byDestination(entry));
  }
  if (given.has('label')) matches.push(entry => labels.every(label => entry.hasLabel(label)));
  if (matches.length === 0) return undefined;
  return entry => {
    for (const match of matches) if (!match(entry)) return false;
    return true;
  };
}
