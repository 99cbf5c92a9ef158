import type { End, FlowCursor } from '@conntrack/flow';
import { DESTINATION_NAT, isTranslated, SOURCE_NAT, type Translation } from '@conntrack/flow/codec';
import type { Test, Value } from '../language/ast.js';
import { addressTest } from './address-set.js';
import { anyOf } from './any-of.js';

type NameValue = Extract<Value, { type: 'name' }>;
type EndpointValue = Extract<Value, { type: 'endpoint' }>;
type Predicate = (cursor: FlowCursor) => boolean;

/** The ends that a kind or a field of NAT is about. */
const sidesOf: Readonly<Record<string, readonly Translation[]>> = {
  src: [SOURCE_NAT],
  dst: [DESTINATION_NAT],
  any: [SOURCE_NAT, DESTINATION_NAT],
};

const anySide = (name: string, test?: (cursor: FlowCursor, end: End) => boolean): Predicate =>
  anyOf(
    sidesOf[name]!.map(
      (side): Predicate =>
        cursor =>
          isTranslated(cursor, side) && (test === undefined || test(cursor, side.to)),
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
