import { DCCP_STATES, protocolOf, SCTP_STATES, statesOf, TCP_STATES } from '@conntrack/flow';
import { STATE_ALIASES } from '@conntrack/flow/codec';
import type { ProtocolState, Value } from './ast.js';

/** Protocols with states: TCP, DCCP, SCTP. */
const trackers = [6, 33, 132];

/** The states of a group: for each tracker, the kernel's numbers. */
type Group = Readonly<Record<number, readonly number[]>>;

const group = (of: Group): ProtocolState[] =>
  trackers.flatMap(protonum => of[protonum]!.map(state => ({ protonum, state })));

/**
 * Groups of states, as in ss(8): `connected` is every state except none and closed; `half-open` is before the handshake ended; `closing` is
 * after one side began to close. DCCP also has a state CLOSING, which is written `dccp:CLOSING`.
 */
export const STATE_GROUPS: Readonly<Record<string, readonly ProtocolState[]>> = {
  connected: group({ 6: [1, 2, 3, 4, 5, 6, 7, 9], 33: [1, 2, 3, 4, 5, 6, 7], 132: [2, 3, 4, 5, 6, 7, 8, 9] }),
  closing: group({ 6: [4, 5, 6, 7], 33: [5, 6, 7], 132: [5, 6, 7] }),
  'half-open': group({ 6: [1, 2, 9], 33: [1, 2, 3], 132: [2, 3] }),
};

/** Every name that a state can have, groups first. */
export const STATE_NAMES: readonly string[] = [
  ...Object.keys(STATE_GROUPS),
  ...new Set([...TCP_STATES, ...SCTP_STATES, ...DCCP_STATES]),
];

type StateValue = Extract<Value, { type: 'state' }>;

const byName = new Map<string, StateValue>();
const add = (name: string, states: readonly ProtocolState[]): unknown =>
  byName.set(name.toUpperCase(), { type: 'state', name, states });
for (const protonum of trackers)
  for (const [state, name] of statesOf(protonum).entries()) {
    add(`${protocolOf(protonum).name}:${name}`, [{ protonum, state }]);
    add(name, [...(byName.get(name)?.states ?? []), { protonum, state }]);
  }
for (const [name, states] of Object.entries(STATE_GROUPS)) add(name, states);
for (const [alias, name] of Object.entries(STATE_ALIASES)) byName.set(alias, byName.get(name)!);

/**
 * Finds a state, a group, a state of one protocol (`sctp:CLOSED`) or a state number, case-insensitive. A name without a protocol means the
 * state in every protocol that has it, because the numbers differ.
 */
export function findState(text: string): StateValue | undefined {
  const state = /^\d{1,3}$/.test(text) ? Number(text) : 256;
  return state > 255
    ? byName.get(text.toUpperCase())
    : { type: 'state', name: String(state), states: trackers.map(protonum => ({ protonum, state })) };
}
