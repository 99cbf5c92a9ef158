import { STATUS, type STATUS_BITS, type StatusName, statusBit } from '../status/status.js';
import type { NewFlow } from './change.js';

/** Bits that only the kernel sets. The kernel ignores them in a request and reports success. */
const KERNELS_OWN: readonly (typeof STATUS_BITS)[number][] = [
  'SRC_NAT',
  'DST_NAT',
  'SRC_NAT_DONE',
  'DST_NAT_DONE',
  'SEQ_ADJUST',
  'TEMPLATE',
  'NAT_CLASH',
  'OFFLOAD',
  'HW_OFFLOAD',
  // The kernel sets this one as requested, but without a helper.
  'HELPER',
];

/** How a caller can get a bit that only the kernel sets. */
const SET_BY: Readonly<Record<string, string>> = {
  SRC_NAT: 'give `nat` when the entry is created',
  DST_NAT: 'give `nat` when the entry is created',
  SRC_NAT_DONE: 'give `nat` when the entry is created',
  DST_NAT_DONE: 'give `nat` when the entry is created',
  SEQ_ADJUST: 'give `seqadj` when the entry is created',
  HELPER: 'give `helper` when the entry is created',
};

/**
 * Explains why the kernel would not set some status bits, although it would report success; returns `undefined` if it sets all of them.
 *
 * @param asked the names in the request
 *
 * @param there bits that the entry has, or gets from other parts of the request
 */
export function statusRefusal(asked: readonly StatusName[], there: number): string | undefined {
  const name = asked
    .map(each => each.toUpperCase() as StatusName)
    .find(
      each =>
        (each.startsWith('BIT_') || (KERNELS_OWN as readonly string[]).includes(each)) &&
        (statusBit(each) & there) === 0,
    );
  if (name === undefined) return undefined;
  const instead = SET_BY[name];
  return `status ${name} cannot be set: only the kernel sets it${instead === undefined ? '' : `. Instead, ${instead}`}`;
}

/**
 * Explains why a new flow cannot have its `status`; returns `undefined` if it can. Bits that follow from `nat`, `seqadj`, `helper` and
 * `master` are allowed.
 */
export function newStatusRefusal({ status = [], nat, seqadj, helper, master }: NewFlow): string | undefined {
  const implied =
    STATUS.CONFIRMED |
    (nat?.src ? STATUS.SRC_NAT : 0) |
    (nat?.dst ? STATUS.DST_NAT : 0) |
    (nat?.src || nat?.dst ? STATUS.SRC_NAT_DONE | STATUS.DST_NAT_DONE : 0) |
    (seqadj ? STATUS.SEQ_ADJUST : 0) |
    (helper ? STATUS.HELPER : 0) |
    (master ? STATUS.EXPECTED : 0);
  return statusRefusal(status, implied);
}
