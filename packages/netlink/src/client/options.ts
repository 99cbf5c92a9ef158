import type { FlowCursor, FlowRef } from '@conntrack/flow';
import { callback, flag, type OptionRule, type OptionRules, object, oneOf } from '@conntrack/flow/checks';
import type { Check } from '../change/look-up.js';
import type { KernelFilter } from '../change/push-down.js';
import { OPERATION, type OperationOptions } from '../socket/options.js';

/** Options of a dump: which entries, and what happens to them. */
export interface DumpOptions extends OperationOptions {
  /** A filter that the kernel applies. Limited to what kernels are proven to compare correctly. */
  filter?: KernelFilter;
  /**
   * Sets packet and byte counters to 0 while they are read. A filter may then only have a family, and `match` is not allowed: the kernel
   * would reset more counters than are shown. If a loop is left early, entries that were read ahead have been reset without being shown.
   */
  zeroCounters?: boolean;
  /** Dumps entries that are ending, or not confirmed yet, and not those of the table. The kernel filters them by family only. */
  table?: 'conntrack' | 'dying' | 'unconfirmed';
}

/** {@link DumpOptions} for entries as objects. */
export interface ListOptions extends DumpOptions {
  /** Only flows for which it returns true are built. */
  match?: (cursor: FlowCursor) => boolean;
}

/** Options of a change. */
export interface UpdateOptions extends OperationOptions {
  /**
   * What to do with parts of a request that the kernel drops although it reports success: status bits of its own, timeouts above its
   * maximum, ports of a protocol without a tracker. `refuse` (default): throws NOT_ENCODABLE. `allow`: sends the request unchanged.
   */
  drops?: 'refuse' | 'allow';
}

/** Options of a creation. */
export interface CreateOptions extends UpdateOptions {
  /** Changes an entry that already has the tuple, in either direction. */
  replace?: boolean;
}

/** Options of a batch of changes. */
export interface ManyOptions<Ref extends FlowRef = FlowRef> extends OperationOptions {
  /** Called with each entry just before its request. Returns a reason to skip the entry, or `undefined`. */
  check?: Check<Ref> | undefined;
}

// The rules for the options of each public function.
export const DUMP: OptionRules<DumpOptions & { reuse?: boolean }> = {
  ...OPERATION,
  // The encoder checks its members.
  filter: object,
  zeroCounters: flag,
  table: oneOf(['conntrack', 'dying', 'unconfirmed']),
  reuse: flag,
};
const { reuse, ...dump } = DUMP;
/** {@link DumpOptions} of several dumps with filters. */
export type DumpsOptions = Omit<DumpOptions, 'filter' | 'zeroCounters'> & { reuse?: boolean };
export const DUMPS: OptionRules<DumpsOptions> = { ...OPERATION, table: DUMP.table, reuse };
export const LIST: OptionRules<ListOptions> = { ...dump, match: callback };
export const DROPS: OptionRule = oneOf(['refuse', 'allow']);
export const CREATE: OptionRules<CreateOptions> = { ...OPERATION, replace: flag, drops: DROPS };
export const UPDATE: OptionRules<UpdateOptions> = { ...OPERATION, drops: DROPS };
export const MANY: OptionRules<ManyOptions> = { ...OPERATION, check: callback };
export const UPDATE_MANY: OptionRules<ManyOptions & UpdateOptions> = { ...MANY, ...UPDATE };
