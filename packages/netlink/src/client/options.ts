import type { FlowCursor, FlowRef } from '@conntrack/flow';
import { callback, flag, type OptionRule, type OptionRules, object, oneOf } from '@conntrack/flow/checks';
import type { Check } from '../change/look-up.js';
import type { KernelFilter } from '../change/push-down.js';
import { OPERATION, type OperationOptions } from '../socket/options.js';

/** Which entries a dump brings, and what it does to them. */
export interface DumpOptions extends OperationOptions {
  /** What the kernel leaves out. Only what it is proven to compare rightly can be given. */
  filter?: KernelFilter;
  /** Sets packet and byte counters to 0 as they are read. Of a filter only the family can stand beside it, and no `match`: the kernel would zero more than is shown. What had been read ahead
   * when a loop is left is zeroed unseen. */
  zeroCounters?: boolean;
  /** Entries that are ending, or not confirmed yet, instead of the table's; the kernel filters them by family alone. */
  table?: 'conntrack' | 'dying' | 'unconfirmed';
}

/** {@link DumpOptions} of entries as objects. */
export interface ListOptions extends DumpOptions {
  /** Only flows that it is true for are built. */
  match?: (cursor: FlowCursor) => boolean;
}

/** How an entry is changed. */
export interface UpdateOptions extends OperationOptions {
  /**
   * Parts of a request that the kernel drops while it answers success: status bits of its own, timeouts beyond what it can count, ports of a
   * protocol without a tracker. They are refused (NOT_ENCODABLE); with `allow` the request is sent as it is.
   */
  drops?: 'refuse' | 'allow';
}

/** How an entry is made. */
export interface CreateOptions extends UpdateOptions {
  /** An entry that has the tuple, in either direction, is changed instead. */
  replace?: boolean;
}

/** Options of many changes. */
export interface ManyOptions<Ref extends FlowRef = FlowRef> extends OperationOptions {
  /** Called for each entry as it is just before its request. What it answers is the reason why the entry is skipped. */
  check?: Check<Ref> | undefined;
}

// What the options of each public function may hold.
export const DUMP: OptionRules<DumpOptions & { reuse?: boolean }> = {
  ...OPERATION,
  // Its members are checked where it is encoded.
  filter: object,
  zeroCounters: flag,
  table: oneOf(['conntrack', 'dying', 'unconfirmed']),
  reuse: flag,
};
const { reuse, ...dump } = DUMP;
/** {@link DumpOptions} of several dumps by filter. */
export type DumpsOptions = Omit<DumpOptions, 'filter' | 'zeroCounters'> & { reuse?: boolean };
export const DUMPS: OptionRules<DumpsOptions> = { ...OPERATION, table: DUMP.table, reuse };
export const LIST: OptionRules<ListOptions> = { ...dump, match: callback };
export const DROPS: OptionRule = oneOf(['refuse', 'allow']);
export const CREATE: OptionRules<CreateOptions> = { ...OPERATION, replace: flag, drops: DROPS };
export const UPDATE: OptionRules<UpdateOptions> = { ...OPERATION, drops: DROPS };
export const MANY: OptionRules<ManyOptions> = { ...OPERATION, check: callback };
export const UPDATE_MANY: OptionRules<ManyOptions & UpdateOptions> = { ...MANY, ...UPDATE };
