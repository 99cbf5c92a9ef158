import type { Address, Family, LabelMap } from '@conntrack/flow';
import type { CommandLetter, Table } from './commands.js';
import type { EVENT_WORDS, OUTPUT_WORDS } from './words.js';

/** The given fields of a tuple. Absent fields were not given. */
export interface TupleWords {
  src?: Address;
  dst?: Address;
  sport?: number;
  dport?: number;
  type?: number;
  code?: number;
  id?: number;
  srckey?: number;
  dstkey?: number;
}

/** The target address and port of NAT. Empty for any NAT. */
export interface NatWords {
  address?: Address;
  port?: number;
}

/** The status bits of `-u`: those that must be set (or will be set), and those that must not be set. */
export interface StatusWords {
  set: number;
  clear: number;
}

/** A parsed command line. */
export interface Request {
  command: CommandLetter | undefined;
  table: Table;
  /** The long names of the given options. */
  given: Set<string>;
  family?: Family;
  protonum?: number;
  original: TupleWords;
  reply: TupleWords;
  tuple: TupleWords;
  mask: TupleWords;
  state?: number;
  vtag: { original?: number; reply?: number };
  role?: 'client' | 'server';
  timeout?: number;
  mark?: number;
  markMask?: number;
  status?: StatusWords;
  id?: number;
  secmark?: number;
  zone?: number;
  origZone?: number;
  replyZone?: number;
  srcNat?: NatWords;
  dstNat?: NatWords;
  anyNat?: NatWords;
  labels: number[];
  labelsAdd: number[];
  /** The labels to clear. Empty means all labels. */
  labelsDel: number[];
  /** The label names, if an option needed them and they exist. */
  labelMap?: LabelMap | undefined;
  output: Set<(typeof OUTPUT_WORDS)[number]>;
  events: Set<(typeof EVENT_WORDS)[number]>;
  bufferSize?: number;
}

/** Makes an empty request. */
export const newRequest = (): Request => ({
  command: undefined,
  table: 'conntrack',
  given: new Set(),
  original: {},
  reply: {},
  tuple: {},
  mask: {},
  vtag: {},
  labels: [],
  labelsAdd: [],
  labelsDel: [],
  output: new Set(),
  events: new Set(),
});
