import { DCCP_STATES, SCTP_STATES, STATE_ALIASES, statesOf, TCP_STATES } from '@conntrack/flow';
import type { ProtocolState } from './ast.js';

const TCP = 6;
const DCCP = 33;
const SCTP = 132;
/** Protocols with states, and the name that qualifies a state: `tcp:TIME_WAIT`. */
const trackers: readonly [name: string, protonum: number][] = [
  ['tcp', TCP],
  ['dccp', DCCP],
  ['sctp', SCTP],
];

const group = (tcp: readonly number[], dccp: readonly number[], sctp: readonly number[]): ProtocolState[] => [
  ...tcp.map(state => ({ protonum: TCP, state })),
  ...dccp.map(state => ({ protonum: DCCP, state })),
  ...sctp.map(state => ({ protonum: SCTP, state })),
];

/**
 * Groups of states, as in ss(8): `connected` is every state but none and closed; `half-open` is before the handshake ended,
 * `closing` after one side began to close. DCCP has a state CLOSING: alone it is `dccp:CLOSING`.
 */
export const STATE_GROUPS: Readonly<Record<string, readonly ProtocolState[]>> = {
  connected: group([1, 2, 3, 4, 5, 6, 7, 9], [1, 2, 3, 4, 5, 6, 7], [2, 3, 4, 5, 6, 7, 8, 9]),
  closing: group([4, 5, 6, 7], [5, 6, 7], [5, 6, 7]),
  'half-open': group([1, 2, 9], [1, 2, 3], [2, 3]),
};

/** Every name that a state can have, groups first. */
export const STATE_NAMES: readonly string[] = [
  ...Object.keys(STATE_GROUPS),
  ...new Set([...TCP_STATES, ...SCTP_STATES, ...DCCP_STATES]),
];

const byName = new Map<string, { name: string; states: readonly ProtocolState[] }>();
for (const name of STATE_NAMES) {
  const states = trackers.flatMap(([, protonum]) => {
    const state = statesOf(protonum).indexOf(name);
    return state < 0 ? [] : [{ protonum, state }];
  });
  byName.set(name, { name, states: STATE_GROUPS[name] ?? states });
  for (const entry of states) {
    const qualified = `${trackers.find(([, protonum]) => protonum === entry.protonum)![0]}:${name}`;
    byName.set(qualified.toUpperCase(), { name: qualified, states: [entry] });
  }
}
for (const name of Object.keys(STATE_GROUPS)) byName.set(name.toUpperCase(), byName.get(name)!);
for (const [alias, name] of Object.entries(STATE_ALIASES)) byName.set(alias, byName.get(name)!);

/**
 * A state, group, qualified state (`sctp:CLOSED`) or state number by text, case-insensitive. Without a protocol it means that
 * name in every protocol that has it: the numbers differ.
 */
export function findState(text: string): { name: string; states: readonly ProtocolState[] } | undefined {
  const known = byName.get(text) ?? byName.get(text.toUpperCase());
  if (known !== undefined) return known;
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 256;
  if (number > 255) return undefined;
  return { name: String(number), states: trackers.map(([, protonum]) => ({ protonum, state: number })) };
}
