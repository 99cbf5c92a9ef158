import type { FlushCondition } from './flush.js';

/**
 * A fault of a kernel in the filters of dumps and flushes: an IPv6 address matches every address except the requested one; a port is
 * ignored for protocols other than TCP and UDP. Linux 6.18 has both faults.
 */
export type KernelFault = 'ipv6-address-inverted' | 'port-ignored';

/** A condition that the filter of a dump can compare. */
export type DumpCondition = 'tuple' | 'family' | 'mark' | 'status' | 'zone';

/** What the running kernel supports, as found by trying. */
export interface Capabilities {
  /** False if no namespace could be made for trying (no CAP_SYS_ADMIN). Then none of the other members is proven. */
  readonly proven: boolean;
  /** Conditions of {@link KernelFilter} that dumps apply. A kernel ignores conditions that it does not know. */
  readonly dump: ReadonlySet<DumpCondition>;
  /** Conditions that a flush applies. */
  readonly flush: ReadonlySet<FlushCondition>;
  /** Numbers of the protocols whose entries can be created: those with their own tracker. */
  readonly protocols: ReadonlySet<number>;
  /**
   * The longest timeout that the kernel stores, in seconds (INT_MAX jiffies). Longer ones are shortened without an error. Absent if nothing
   * could be tried.
   */
  readonly maxTimeout?: number;
  /** Faults of the kernel's filters. The encoder refuses such filters in any case. */
  readonly faults: ReadonlySet<KernelFault>;
}

/** The capabilities of a kernel on which nothing could be tried. */
export const UNPROVEN: Capabilities = {
  proven: false,
  dump: new Set(),
  flush: new Set(),
  protocols: new Set(),
  faults: new Set(),
};
