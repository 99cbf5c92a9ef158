/**
 * Status bits by position: `enum ip_conntrack_status` (linux/netfilter/nf_conntrack_common.h). Bit 0 is EXPECTED.
 * Bit 12, NAT_CLASH, was UNTRACKED before Linux 4.12.
 */
export const STATUS_BITS = [
  'EXPECTED',
  'SEEN_REPLY',
  'ASSURED',
  'CONFIRMED',
  'SRC_NAT',
  'DST_NAT',
  'SEQ_ADJUST',
  'SRC_NAT_DONE',
  'DST_NAT_DONE',
  'DYING',
  'FIXED_TIMEOUT',
  'TEMPLATE',
  'NAT_CLASH',
  'HELPER',
  'OFFLOAD',
  'HW_OFFLOAD',
] as const;

/** The name of a status bit. A bit without a name is `BIT_16` to `BIT_31`. */
export type StatusName = (typeof STATUS_BITS)[number] | `BIT_${number}`;

/** The mask of each status bit: `STATUS.ASSURED === 4`. */
export const STATUS = /* @__PURE__ */ masksOfBits();

function masksOfBits(): Readonly<Record<(typeof STATUS_BITS)[number], number>> {
  return Object.freeze(Object.fromEntries(STATUS_BITS.map((name, bit) => [name, 1 << bit]))) as typeof STATUS;
}

/** Returns the mask of one status bit from its name, case-insensitive; 0 if there is no such bit. */
export function statusBit(name: string): number {
  const upper = name.toUpperCase();
  const bit = (STATUS_BITS as readonly string[]).indexOf(upper);
  if (bit >= 0) return 1 << bit;
  const number = /^BIT_(1[6-9]|2\d|3[01])$/.exec(upper)?.[1];
  return number === undefined ? 0 : (1 << Number(number)) >>> 0;
}

// A table has few distinct status words, so each list of names is made once.
const known = new Map<number, readonly StatusName[]>();

/** Returns the names of the bits that are set, lowest first. The list is shared and frozen. */
export function statusNames(status: number): readonly StatusName[] {
  let names = known.get(status);
  if (names === undefined) {
    const list: StatusName[] = [];
    for (let bit = 0; bit < 32; bit++) if ((status >>> bit) & 1) list.push(STATUS_BITS[bit] ?? `BIT_${bit}`);
    names = Object.freeze(list);
    if (known.size < 4096) known.set(status, names);
  }
  return names;
}

/** Returns the mask of a list of names. Unknown names are ignored. */
export const statusMask = (names: readonly string[]): number =>
  names.reduce((mask, name) => (mask | statusBit(name)) >>> 0, 0);

/** The status bits that conntrack(8)'s `-o save` names after `-u`, in its order. */
export const SAVE_STATUS = ['SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT', 'EXPECTED'] as const;
