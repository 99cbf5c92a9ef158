import { ALL } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { keyOf } from '@conntrack/flow';
import type { FlowRow, Row, Snapshot } from '../../src/top/data/snapshot.js';
import type { Key } from '../../src/top/keys.js';
import {
  type Beginning,
  begin,
  type Effect,
  questionOf,
  showSnapshot,
  type TopState,
} from '../../src/top/model/state.js';
import { press } from '../../src/top/model/update.js';

/** A TCP flow, with its counters. */
export function flow(n: number, { bytes, ...more }: Partial<Flow> & { bytes?: number } = {}): Flow {
  const counters = bytes === undefined ? {} : { bytes, packets: Math.ceil(bytes / 100) };
  const [src, dst, sport, dport] = [`10.0.${n >> 8}.${n & 255}`, '192.0.2.1', 1000 + n, 443];
  return {
    family: 'ipv4',
    protonum: 6,
    protocol: 'tcp',
    state: 'ESTABLISHED',
    status: ['SEEN_REPLY', 'ASSURED'],
    timeout: 100 + n,
    id: n,
    original: { src, dst, sport, dport, ...counters },
    reply: { src: dst, dst: src, sport: dport, dport: sport, ...(bytes !== undefined && { bytes: 0, packets: 0 }) },
    ...more,
  };
}

export const rowOf = (it: Flow): FlowRow => ({
  kind: 'flow',
  key: keyOf(it)!,
  flow: it,
  bytes: 10,
  packets: 1,
  rate: 5,
  packetRate: 1,
});

/** A view on a table that can do everything. */
export const stateOf = (more: Partial<Beginning> = {}): TopState =>
  begin({
    columns: 80,
    lines: 24,
    name: 'kernel',
    writable: true,
    accounting: true,
    isOwn: () => false,
    cannotSort: () => undefined,
    group: undefined,
    applied: { text: '', filter: ALL },
    interval: 2000,
    ...more,
  });

/** Shows rows in the order in force. */
export const show = (state: TopState, rows: readonly Row[], more: Partial<Snapshot> = {}): void =>
  showSnapshot(state, {
    question: questionOf(state),
    rows,
    matched: rows.length,
    groups: state.group === undefined ? undefined : rows.length,
    ...more,
  });

/** Presses keys by their names, and returns what they cause. */
export const keys = (state: TopState, ...names: string[]): Effect[] =>
  names.flatMap(name => press(state, { name } satisfies Key));

/** Types a text, a key for each character. */
export const type = (state: TopState, text: string): Effect[] =>
  keys(state, ...[...text].map(sign => (sign === ' ' ? 'space' : sign)));
