import type { Family } from '../address/family.js';
import type { ExtraToken, FlowEventType, Tuple } from './flow.js';

/** Expectation flags by position: `NF_CT_EXPECT_*` (linux/netfilter/nf_conntrack_common.h). */
export const EXPECT_FLAGS = ['PERMANENT', 'INACTIVE', 'USERSPACE'] as const;
/** An expectation flag's name. */
export type ExpectFlag = (typeof EXPECT_FLAGS)[number];

/** A connection that a helper expects: a packet that matches `tuple` under `mask` becomes RELATED to the connection of `master`. */
export interface Expectation {
  /** The kernel's `CTA_EXPECT_ID`, 32 bits. Text formats do not show it. */
  id?: number;
  family: Family;
  /** Layer 4 protocol of `tuple`, as in `Flow.protocol`. */
  protocol: string;
  protonum: number;
  /** What is expected. A port or address whose mask is 0 is any. */
  tuple: Tuple;
  /** Which bits of `tuple` count, as addresses and ports. `/proc/net/nf_conntrack_expect` does not show it. */
  mask?: Tuple;
  /** The original tuple of the connection whose helper expects. `/proc/net/nf_conntrack_expect` does not show it. */
  master?: Tuple & { family?: Family; protonum?: number };
  /** Seconds until it expires; absent where it does not. */
  timeout?: number;
  /** Zone, 1–65535; absent for zone 0. */
  zone?: number;
  flags?: readonly ExpectFlag[];
  /** The helper's expectation policy. */
  class?: number;
  /** Connection tracking helper: `ftp`, `sip`. */
  helper?: string;
  /** NAT the expected connection will get: its direction and the tuple to be restored. */
  nat?: { direction: 'original' | 'reply'; tuple: Tuple };
  /** Name of the function that is called when it is fulfilled (`CTA_EXPECT_FN`). */
  fn?: string;
  /** Netlink port of the program whose request caused an event. */
  portid?: number;
  /** That program's name, where text gave it. */
  progname?: string;
  /** When it was shown: RFC 3339, where a dump says so (`conntrack -L expect -o timestamp`). An event has its own. */
  time?: string;
  /** Tokens of a text line that are none of the above. */
  extra?: readonly ExtraToken[];
  /** Attributes of a kernel newer than this library: number (and path of numbers) to their bytes in hexadecimal. */
  unknown?: Readonly<Record<string, string>>;
}

/** One event of the expectation table. */
export interface ExpectationEvent {
  type: FlowEventType;
  expectation: Expectation;
  /** When: RFC 3339, where the source gave it. */
  time?: string;
}
