// The entries of the churn test, by number: what the test and the churner beside it agree on.
import type { NewFlow } from '@conntrack/flow';

/** Odd targets are translated. */
export const isTranslated = (n: number): boolean => n % 2 === 1;

const flow = (n: number, backend: string, more: Partial<NewFlow>): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  original: { src: `10.1.${(n >> 8) & 255}.${n & 255}`, dst: '192.0.2.53', sport: 1024 + (n >> 16), dport: 53 },
  timeout: 3600,
  ...(isTranslated(n) && { nat: { dst: { address: backend } } }),
  ...more,
});

/** What the plans are aimed at. */
export const target = (n: number): NewFlow => flow(n, '10.9.0.1', { mark: 1 });

/** What takes over a target's tuple: with another backend, where the target has one. */
export const successor = (n: number): NewFlow => flow(n, '10.9.0.2', { mark: 3 });

/** Entries that resemble targets, and are none: another protocol, zone or port. */
export function bystander(k: number): NewFlow {
  const one = flow(k >> 2, '10.9.0.3', { mark: 9 });
  const { original } = one;
  switch (k & 3) {
    case 0:
      return { ...one, protonum: 6, state: 'ESTABLISHED' };
    case 1:
      return { ...one, zone: 7 };
    case 2:
      return { ...one, original: { ...original, dport: 54 } };
    default:
      return { ...one, original: { ...original, dst: '192.0.2.54' } };
  }
}

/** One bystander in so many stays; the others go again at once. */
export const STAYS = 10;

/** What the churner says at the end of a round. */
export interface Round {
  /** Targets whose tuple was taken over, each with the successor's id; none for a successor that was gone before it could be looked up. */
  readonly successors: readonly (readonly [n: number, id: number | undefined])[];
}

/** What the churner says at the end of all. */
export interface Churned {
  /** Bystanders that were made to stay. */
  readonly staying: readonly number[];
  readonly changes: number;
  readonly seconds: number;
}
