import { be16, be32, concat, text, u32 } from './bytes.js';
import type { Attribute } from './message.js';

/**
 * One nf_tables expression: its name and attributes, with the numbers of linux/netfilter/nf_tables.h. Numbers are in network order.
 * Compared values have the order of the packet or, for ct and meta values, of the host.
 */
export type Expression = readonly [name: string, attributes: readonly Attribute[]];

const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const NFT_REG_2 = 2;
const NF_DROP = 0;
const DREG = 1;
const NFTA_IMMEDIATE_DATA = 2;
const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NFTA_META_KEY = 2;
const NFT_META_OIFNAME = 7;
const NFT_META_IIFNAME = 6;
const NFT_META_L4PROTO = 16;
const NFTA_PAYLOAD_BASE = 2;
const NFTA_PAYLOAD_OFFSET = 3;
const NFTA_PAYLOAD_LEN = 4;
const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
const NFTA_CMP_SREG = 1;
const NFTA_CMP_OP = 2;
const NFTA_CMP_DATA = 3;
const NFT_CMP_EQ = 0;
const NFTA_CT_KEY = 2;
const NFTA_CT_SREG = 4;
const NFT_CT_STATE = 0;
/** `NF_CT_STATE_BIT(IP_CT_NEW)` (linux/netfilter/nf_conntrack_common.h). */
const NF_CT_STATE_NEW = 8;
const NFT_CT_MARK = 3;
const NFT_CT_LABELS = 13;
const NFTA_NAT_TYPE = 1;
const NFTA_NAT_FAMILY = 2;
const NFTA_NAT_REG_ADDR_MIN = 3;
const NFTA_NAT_REG_PROTO_MIN = 5;
const NFT_NAT_DNAT = 1;
const IFNAMSIZ = 16;

const meta = (key: number): Expression => [
  'meta',
  [
    [DREG, be32(NFT_REG_1)],
    [NFTA_META_KEY, be32(key)],
  ],
];

const equals = (value: Uint8Array): Expression => [
  'cmp',
  [
    [NFTA_CMP_SREG, be32(NFT_REG_1)],
    [NFTA_CMP_OP, be32(NFT_CMP_EQ)],
    [NFTA_CMP_DATA, [[NFTA_DATA_VALUE, value]]],
  ],
];

const load = (register: number, value: Uint8Array): Expression => [
  'immediate',
  [
    [DREG, be32(register)],
    [NFTA_IMMEDIATE_DATA, [[NFTA_DATA_VALUE, value]]],
  ],
];

const setCt = (key: number): Expression => [
  'ct',
  [
    [NFTA_CT_SREG, be32(NFT_REG_1)],
    [NFTA_CT_KEY, be32(key)],
  ],
];

const interfaceName = (name: string): Uint8Array => concat([text(name), new Uint8Array(IFNAMSIZ)]).slice(0, IFNAMSIZ);

/** `iifname NAME` */
export const inInterface = (name: string): Expression[] => [meta(NFT_META_IIFNAME), equals(interfaceName(name))];

/** `oifname NAME` */
export const outInterface = (name: string): Expression[] => [meta(NFT_META_OIFNAME), equals(interfaceName(name))];

/** `meta l4proto PROTONUM th dport PORT`: TCP and UDP both have the destination port in bytes 2 and 3. */
export const destinationPort = (protonum: number, port: number): Expression[] => [
  meta(NFT_META_L4PROTO),
  equals(Uint8Array.of(protonum)),
  [
    'payload',
    [
      [DREG, be32(NFT_REG_1)],
      [NFTA_PAYLOAD_BASE, be32(NFT_PAYLOAD_TRANSPORT_HEADER)],
      [NFTA_PAYLOAD_OFFSET, be32(2)],
      [NFTA_PAYLOAD_LEN, be32(2)],
    ],
  ],
  equals(be16(port)),
];

/** `ct state == new` without a verdict: a rule that uses the state makes the kernel track. */
export const ctState = (): Expression[] => [
  [
    'ct',
    [
      [DREG, be32(NFT_REG_1)],
      [NFTA_CT_KEY, be32(NFT_CT_STATE)],
    ],
  ],
  equals(u32(NF_CT_STATE_NEW)),
];

/** `ct mark set MARK` */
export const setMark = (mark: number): Expression[] => [load(NFT_REG_1, u32(mark)), setCt(NFT_CT_MARK)];

/** `ct label set BIT`, 0 to 127: 128 bits, as a byte string of host words. */
export const setLabel = (bit: number): Expression[] => {
  const words = new Uint32Array(4);
  words[bit >> 5] = 1 << (bit & 31);
  return [load(NFT_REG_1, new Uint8Array(words.buffer)), setCt(NFT_CT_LABELS)];
};

/** `masquerade` */
export const masquerade = (): Expression[] => [['masq', []]];

/** `dnat to ADDRESS:PORT`, with the address as 4 or 16 bytes. */
export const dnat = (family: number, address: Uint8Array, port: number): Expression[] => [
  load(NFT_REG_1, address),
  load(NFT_REG_2, be16(port)),
  [
    'nat',
    [
      [NFTA_NAT_TYPE, be32(NFT_NAT_DNAT)],
      [NFTA_NAT_FAMILY, be32(family)],
      [NFTA_NAT_REG_ADDR_MIN, be32(NFT_REG_1)],
      [NFTA_NAT_REG_PROTO_MIN, be32(NFT_REG_2)],
    ],
  ],
];

/** `drop` */
export const drop = (): Expression[] => [
  [
    'immediate',
    [
      [DREG, be32(NFT_REG_VERDICT)],
      [NFTA_IMMEDIATE_DATA, [[NFTA_DATA_VERDICT, [[NFTA_VERDICT_CODE, be32(NF_DROP)]]]]],
    ],
  ],
];
