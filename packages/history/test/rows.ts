import type { Flow } from '@conntrack/flow';
import type { TimeRange } from '@conntrack/flow/table';
import type { TestRow } from './records.js';

/** Limits that no test reaches. */
export const KEEP = { days: 10_000, bytes: 2 ** 40 } as const;

export const NOON = Date.parse('2026-11-30T12:00:00Z');
export const MINUTE = 60_000;
export const ALL_TIME: TimeRange = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };

/** An ended TCP flow behind source NAT. `start` and `stop` in milliseconds since 1970. */
export function ended(i: number, start: number | undefined, stop: number, more: Partial<Flow> = {}): TestRow {
  const src = `10.0.${(i >> 8) & 255}.${i & 255}`;
  const sport = 1024 + (i % 60_000);
  const flow: Flow = {
    id: i + 1,
    family: 'ipv4',
    protocol: 'tcp',
    protonum: 6,
    original: { src, dst: '198.51.100.7', sport, dport: 443, packets: 5, bytes: 1000 + i },
    reply: { src: '198.51.100.7', dst: '203.0.113.1', sport: 443, dport: 2000 + (i % 60_000), packets: 4, bytes: 9000 },
    ...(start !== undefined && { start: new Date(start).toISOString() }),
    stop: new Date(stop).toISOString(),
    ...more,
  };
  return { kind: 'end', time: stop, flow };
}
