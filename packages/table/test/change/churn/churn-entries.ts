// The entries of the churn test, by number, shared by the test and the churner process.
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

/** The targets of the plans. */
export const target = (n: number): NewFlow => flow(n, '10.9.0.1', { mark: 1 });

/** The successor on a target's tuple; with another backend, if the target has one. */
export const successor = (n: number): NewFlow => flow(n, '10.9.0.2', { mark: 3 });

/** Entries that resemble targets but are not: another protocol, zone or port. */
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

/** One bystander in this many stays; the others are deleted at once. */
export const STAYS = 10;

/** The churner's message at the end of a round. */
export interface Round {
  /** Targets that were replaced, each with the successor's id; absent for a successor that ended before it could be looked up. */
  readonly successors: readonly (readonly [n: number, id: number | undefined])[];
}

/** The churner's message at the end. */
export interface Churned {
  /** Bystanders that were created to stay. */
  readonly staying: readonly number[];
  readonly changes: number;
  readonly seconds: number;
}
