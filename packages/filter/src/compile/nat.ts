import {
  AF_INET,
  type End,
  type FlowCursor,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
  STATUS,
} from '@conntrack/flow';
import type { Test } from '../ast.js';
import { addressTest } from './address-set.js';

type Predicate = (cursor: FlowCursor) => boolean;

/** The end that NAT changes, and where the answers show what it became. */
interface Translation {
  readonly from: End;
  readonly to: End;
  /** The status bit that the kernel sets where NAT changed the tuple (net/netfilter/nf_nat_core.c). */
  readonly bit: number;
}
const SOURCE: Translation = { from: ORIGINAL_SRC, to: REPLY_DST, bit: STATUS.SRC_NAT };
const DESTINATION: Translation = { from: ORIGINAL_DST, to: REPLY_SRC, bit: STATUS.DST_NAT };

/**
 * Whether an end is translated: the answers go elsewhere (address, port or ICMP id) and, where the status is the kernel's own, its
 * NAT bit is set. Text formats show no NAT bits (nor CONFIRMED, which every entry of a dump has): there the tuples alone decide.
 */
function translated(cursor: FlowCursor, { from, to, bit }: Translation): boolean {
  const status = cursor.status();
  if (status >= 0 && (status & STATUS.CONFIRMED) !== 0 && (status & bit) === 0) return false;
  return (
    cursor.word(from, 3) !== cursor.word(to, 3) ||
    // IPv4 addresses differ in the last word alone.
    (cursor.family() !== AF_INET &&
      (cursor.word(from, 2) !== cursor.word(to, 2) ||
        cursor.word(from, 1) !== cursor.word(to, 1) ||
        cursor.word(from, 0) !== cursor.word(to, 0))) ||
    cursor.port(from) !== cursor.port(to) ||
    (from === ORIGINAL_SRC && cursor.icmpId(ORIGINAL) !== cursor.icmpId(REPLY))
  );
}

const isSource: Predicate = cursor => translated(cursor, SOURCE);
const isDestination: Predicate = cursor => translated(cursor, DESTINATION);
const isAny: Predicate = cursor => isSource(cursor) || isDestination(cursor);

const kinds: Readonly<Record<string, Predicate>> = {
  src: isSource,
  dst: isDestination,
  any: isAny,
  none: cursor => !isAny(cursor),
};

/** `nat=src,dst`. */
export function natKinds(test: Test): Predicate {
  if (test.op === 'exists') return isAny;
  const wanted = test.values.map(value => kinds[value.type === 'name' ? value.name : ''] ?? (() => false));
  return wanted.length === 1 ? wanted[0]! : cursor => wanted.some(predicate => predicate(cursor));
}

/** `src-nat`, `dst-nat=10.0.0.1:80`, `any-nat`: as conntrack(8), the address and port are those that the answers show. */
export function natEndpoints(test: Test): Predicate {
  const sides = test.field === 'src-nat' ? [SOURCE] : test.field === 'dst-nat' ? [DESTINATION] : [SOURCE, DESTINATION];
  if (test.op === 'exists') return cursor => sides.some(side => translated(cursor, side));
  const endpoints = test.values.flatMap(value =>
    value.type === 'endpoint' ? [{ address: addressTest([value.address]), port: value.port }] : [],
  );
  return cursor =>
    sides.some(
      side =>
        translated(cursor, side) &&
        endpoints.some(
          ({ address, port }) => (port === undefined || cursor.port(side.to) === port) && address(cursor, side.to),
        ),
    );
}
