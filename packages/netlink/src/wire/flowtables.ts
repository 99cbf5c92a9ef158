import type { Attribute } from './attributes.js';
import { fieldsReader } from './fields.js';
import { HEADER, type Message } from './message.js';

// enum nft_flowtable_attributes and enum nft_flowtable_flags (linux/netfilter/nf_tables.h).
const FLOWTABLE: readonly Attribute[] = [
  { number: 1, name: 'NFTA_FLOWTABLE_TABLE', type: 'text', field: 'table' },
  { number: 2, name: 'NFTA_FLOWTABLE_NAME', type: 'text', field: 'name' },
  { number: 7, name: 'NFTA_FLOWTABLE_FLAGS', type: 'u32', field: 'flags' },
];
const HW_OFFLOAD = 1;
const COUNTER = 2;

/** `enum nfproto` (linux/netfilter.h), by number. */
const FAMILIES: Readonly<Record<number, string>> = { 1: 'inet', 2: 'ip', 5: 'netdev', 7: 'bridge', 10: 'ip6' };

const readFields = fieldsReader(FLOWTABLE);

/** A flowtable of nftables: connections in it are forwarded without passing through the rules. */
export interface Flowtable {
  /** Family of its table, as nft(8) names it: `inet`, `ip`, `ip6`. */
  family: string;
  table: string;
  name: string;
  /** Whether the counters of offloaded connections are updated. Otherwise they do not change while a connection is offloaded. */
  counter: boolean;
  /** Whether the network card may forward the connections. */
  hardware: boolean;
}

/** Reads one message of an NFT_MSG_GETFLOWTABLE dump. */
export function readFlowtable(bytes: Uint8Array, { start, end }: Message): Flowtable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: { table?: string; name?: string; flags?: number } = {};
  readFields({ bytes, view, start: start + HEADER, end }, fields);
  const { table = '', name = '', flags = 0 } = fields;
  const family = bytes[start + HEADER - 4]!;
  return {
    family: FAMILIES[family] ?? String(family),
    table,
    name,
    counter: (flags & COUNTER) !== 0,
    hardware: (flags & HW_OFFLOAD) !== 0,
  };
}
