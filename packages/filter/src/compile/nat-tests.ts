import { type End, type FlowCursor, STATUS } from '@conntrack/flow';
import { AF_INET, ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import type { Test, Value } from '../language/ast.js';
import { addressTest } from './address-set.js';
import { anyOf } from './any-of.js';

type NameValue = Extract<Value, { type: 'name' }>;
type EndpointValue = Extract<Value, { type: 'endpoint' }>;
type Predicate = (cursor: FlowCursor) => boolean;

/** The end of a tuple that NAT changes, and the end of the reply tuple that shows the new value. */
interface Translation {
  readonly from: End;
  readonly to: End;
  /** The status bit that the kernel sets if NAT changed the tuple (net/netfilter/nf_nat_core.c). */
  readonly bit: number;
}
const SOURCE: Translation = { from: ORIGINAL_SRC, to: REPLY_DST, bit: STATUS.SRC_NAT };
const DESTINATION: Translation = { from: ORIGINAL_DST, to: REPLY_SRC, bit: STATUS.DST_NAT };

/**
 * Whether an end is translated: the reply tuple differs (in address, port or ICMP id) and, if the status comes from the kernel, its NAT bit
 * is set.
 *
 * Text formats show no NAT bits, and no CONFIRMED, which every entry of a dump has. For them the tuples alone decide.
 */
function translated(cursor: FlowCursor, { from, to, bit }: Translation): boolean {
  const status = cursor.status();
  if (status >= 0 && (status & STATUS.CONFIRMED) !== 0 && (status & bit) === 0) return false;
  return (
    cursor.word(from, 3) !== cursor.word(to, 3) ||
    // IPv4 addresses differ only in the last word.
    (cursor.family() !== AF_INET &&
      (cursor.word(from, 2) !== cursor.word(to, 2) ||
        cursor.word(from, 1) !== cursor.word(to, 1) ||
        cursor.word(from, 0) !== cursor.word(to, 0))) ||
    cursor.port(from) !== cursor.port(to) ||
    (from === ORIGINAL_SRC && cursor.icmpId(ORIGINAL) !== cursor.icmpId(REPLY))
  );
}

/** The ends that a kind or a field of NAT is about. */
const sidesOf: Readonly<Record<string, readonly Translation[]>> = {
  src: [SOURCE],
  dst: [DESTINATION],
  any: [SOURCE, DESTINATION],
};

const anySide = (name: string, test?: (cursor: FlowCursor, end: End) => boolean): Predicate =>
  anyOf(
    sidesOf[name]!.map(
      (side): Predicate =>
        cursor =>
          translated(cursor, side) && (test === undefined || test(cursor, side.to)),
    ),
  );

/** Makes the test of `nat=src,dst`. */
export function natKinds({ op, values }: Test): Predicate {
  const any = anySide('any');
  if (op === 'exists') return any;
  return anyOf(
    (values as readonly NameValue[]).map(({ name }) =>
      name === 'none' ? (cursor: FlowCursor) => !any(cursor) : anySide(name),
    ),
  );
}

/** Makes the test of `src-nat`, `dst-nat=10.0.0.1:80` or `any-nat`. As in conntrack(8), the address and port are those of the reply tuple. */
export function natEndpoints({ field, op, values }: Test): Predicate {
  const name = field.slice(0, 3);
  if (op === 'exists') return anySide(name);
  const tests = (values as readonly EndpointValue[]).map(({ address, port }) => {
    const inside = addressTest([address]);
    return (cursor: FlowCursor, end: End) => (port === undefined || cursor.port(end) === port) && inside(cursor, end);
  });
  return anySide(name, anyOf(tests));
}
