import type { FlowCursor } from '@conntrack/flow';
import type { Test } from '../ast.js';

type Predicate = (cursor: FlowCursor) => boolean;

const slots: Readonly<Record<number, number>> = { 6: 0, 33: 256, 132: 512 };

/**
 * A state by protocol and number. Where the tests around it leave one protocol (`protocols`), the number alone is compared.
 * Absent states and protocols without states never pass.
 */
export function stateTest(test: Test, protocols: ReadonlySet<number> | undefined): Predicate | boolean {
  if (test.op === 'exists') return cursor => cursor.state() >= 0;
  const wanted = test.values
    .flatMap(value => (value.type === 'state' ? value.states : []))
    .filter(({ protonum }) => protocols === undefined || protocols.has(protonum));
  if (wanted.length === 0) return false;
  if (wanted.length === 1) {
    const { protonum, state } = wanted[0]!;
    return protocols?.size === 1
      ? cursor => cursor.state() === state
      : cursor => cursor.protonum() === protonum && cursor.state() === state;
  }
  const states = new Uint8Array(768);
  for (const { protonum, state } of wanted) states[slots[protonum]! + state] = 1;
  return cursor => {
    const slot = slots[cursor.protonum()];
    const state = cursor.state();
    return slot !== undefined && state >= 0 && states[slot + state] === 1;
  };
}
