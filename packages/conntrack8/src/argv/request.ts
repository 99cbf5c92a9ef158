import type { Address, Family, LabelMap } from '@conntrack/flow';
import type { CommandLetter, Table } from './commands.js';
import type { EVENT_WORDS, OUTPUT_WORDS } from './words.js';

/** What is said of a tuple; what is absent was not said. */
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

/** An address, and port, that NAT is to; nothing of it for NAT of any kind. */
export interface NatWords {
  address?: Address;
  port?: number;
}

/** Status bits by `-u`: those that must be (or be set), those that must not. */
export interface StatusWords {
  set: number;
  clear: number;
}

/** A command line, read. */
export interface Request {
  command: CommandLetter | undefined;
  table: Table;
  /** Long names of the options that were given. */
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
  /** Labels to clear; all of them when empty but given. */
  labelsDel: number[];
  /** Names of labels, once an option needed them and where there are any. */
  labelMap?: LabelMap | undefined;
  output: Set<(typeof OUTPUT_WORDS)[number]>;
  events: Set<(typeof EVENT_WORDS)[number]>;
  bufferSize?: number;
}

/** A request that says nothing yet. */
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
