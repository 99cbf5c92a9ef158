import type { Family } from '../address/family.js';
import type { ExtraToken, FlowEventType, Tuple } from './flow.js';

/** Expectation flags by position: `NF_CT_EXPECT_*` (linux/netfilter/nf_conntrack_common.h). */
export const EXPECT_FLAGS = ['PERMANENT', 'INACTIVE', 'USERSPACE'] as const;
/** The name of an expectation flag. */
export type ExpectFlag = (typeof EXPECT_FLAGS)[number];

/** A connection that a helper expects: a packet that matches `tuple` under `mask` becomes RELATED to the connection `master`. */
export interface Expectation {
  /** The kernel's `CTA_EXPECT_ID`, 32 bits. Text formats do not show it. */
  id?: number;
  /** Address family of `tuple`. */
  family: Family;
  /** Layer 4 protocol of `tuple`, as in `Flow.protocol`. */
  protocol: string;
  /** IANA protocol number of `tuple`. */
  protonum: number;
  /** The expected tuple. A port or address whose mask is 0 matches any value. */
  tuple: Tuple;
  /** The bits of `tuple` that are compared, as addresses and ports. `/proc/net/nf_conntrack_expect` does not show it. */
  mask?: Tuple;
  /** The original tuple of the connection whose helper made the expectation. `/proc/net/nf_conntrack_expect` does not show it. */
  master?: Tuple & { family?: Family; protonum?: number };
  /** Seconds until the expectation expires; absent if it does not expire. */
  timeout?: number;
  /** Zone, 1–65535; absent for zone 0. */
  zone?: number;
  /** Flags that are set. */
  flags?: readonly ExpectFlag[];
  /** The number of the helper's expectation policy. */
  class?: number;
  /** Connection tracking helper: `ftp`, `sip`. */
  helper?: string;
  /** Address translation of the expected connection: its direction, and the tuple to restore. */
  nat?: { direction: 'original' | 'reply'; tuple: Tuple };
  /** Name of the function that the kernel calls when the expectation is fulfilled (`CTA_EXPECT_FN`). */
  fn?: string;
  /** Netlink port id of the program whose request caused an event. */
  portid?: number;
  /** Name of that program (`portid`), if the text gave it. */
  progname?: string;
  /** When the expectation was printed, in RFC 3339, if the dump says so (`conntrack -L expect -o timestamp`). An event has its own time. */
  time?: string;
  /** Tokens of a text line that no other member holds. */
  extra?: readonly ExtraToken[];
  /** Attributes of a kernel newer than this library: from the attribute's number (or path of numbers) to its bytes in hexadecimal. */
  unknown?: Readonly<Record<string, string>>;
}

/** One event of the expectation table. */
export interface ExpectationEvent {
  type: FlowEventType;
  expectation: Expectation;
  /** Time of the event in RFC 3339, if the source gave it. */
  time?: string;
}
