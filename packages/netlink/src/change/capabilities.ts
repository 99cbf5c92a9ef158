import type { FlushCondition } from './flush.js';

/**
 * What a kernel gets wrong in a dump's (and a flush's) filter: an IPv6 address lets through everything but the one asked for; a port
 * is ignored for protocols other than TCP and UDP. Linux 6.18 does both.
 */
export type KernelFault = 'ipv6-address-inverted' | 'port-ignored';

/** What a dump's filter can compare. */
export type DumpCondition = 'tuple' | 'family' | 'mark' | 'status' | 'zone';

/** What the running kernel was seen to do. */
export interface Capabilities {
  /** False where no namespace could be made to try things in (no CAP_SYS_ADMIN): then nothing below is proven. */
  readonly proven: boolean;
  /** Conditions of {@link KernelFilter} that dumps honour; a kernel ignores those that it does not know. */
  readonly dump: ReadonlySet<DumpCondition>;
  /** Conditions that a flush honours. */
  readonly flush: ReadonlySet<FlushCondition>;
  /** Protocols whose entries can be made, by number: those with a tracker of their own. */
  readonly protocols: ReadonlySet<number>;
  /** Seconds of the longest timeout that it keeps (INT_MAX jiffies): longer ones are cut in silence. Absent where nothing could be tried. */
  readonly maxTimeout?: number;
  /** What its filters get wrong. The encoder refuses such filters whatever is found here. */
  readonly faults: ReadonlySet<KernelFault>;
}

/** What is known of a kernel where nothing could be tried. */
export const UNPROVEN: Capabilities = {
  proven: false,
  dump: new Set(),
  flush: new Set(),
  protocols: new Set(),
  faults: new Set(),
};
