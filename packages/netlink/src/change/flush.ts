import type { Family, Tuple } from '@conntrack/flow';
import { NetlinkError } from '../wire/error.js';
import * as U from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';
import { filterFamily, writeKernelFilter } from './write-kernel-filter.js';

/** What a flush deletes: everything (this must be said explicitly), or the entries that meet all conditions. */
export type FlushScope =
  | { readonly all: true }
  | {
      readonly all?: undefined;
      readonly family?: Family;
      /** Requires a family, as the tuples do. Linux 6.11. `KernelFilter` says which parts of a tuple are allowed. */
      readonly protonum?: number;
      readonly original?: Partial<Tuple>;
      readonly reply?: Partial<Tuple>;
      /** The entry's zone, whether it is that of both directions or of one: the kernel does not distinguish them here. */
      readonly zone?: number;
      /** Matches if `(mark & markMask) === mark`. */
      readonly mark?: number;
      readonly markMask?: number;
      readonly status?: number;
      readonly statusMask?: number;
    };

/** The conditions of a flush that an older kernel may ignore; it would then empty the table. */
export type FlushCondition = 'family' | 'tuple' | 'zone' | 'mark' | 'status';

/** The condition that each field of a scope belongs to. */
const FIELDS: Readonly<Record<string, FlushCondition>> = {
  family: 'family',
  protonum: 'tuple',
  original: 'tuple',
  reply: 'tuple',
  zone: 'zone',
  mark: 'mark',
  markMask: 'mark',
  status: 'status',
  statusMask: 'status',
};

/** Returns the conditions of a scope. @throws NetlinkError NOT_ENCODABLE if the scope has none and does not say `all` */
export function conditionsOf(scope: FlushScope): FlushCondition[] {
  const fields = Object.entries(scope).filter(([, value]) => value !== undefined);
  // If a field were ignored, the flush would delete more than intended.
  const strange = fields.find(([name]) => (scope.all === true ? name !== 'all' : !Object.hasOwn(FIELDS, name)));
  if (strange !== undefined)
    throw new NetlinkError(
      'NOT_ENCODABLE',
      'flush',
      scope.all === true
        ? `a flush of the whole table takes no condition '${strange[0]}'`
        : `the kernel cannot flush by '${strange[0]}'; delete the matching entries instead`,
    );
  if (scope.all === true) return [];
  for (const name of ['original', 'reply'] as const)
    if (scope[name] !== undefined && Object.values(scope[name]).every(part => part === undefined))
      throw new NetlinkError('NOT_ENCODABLE', 'flush', `'${name}' has no value: it would match everything`);
  if (scope.markMask === 0)
    throw new NetlinkError('NOT_ENCODABLE', 'flush', 'a mark with mask 0 would match everything');
  const conditions = [...new Set(fields.map(([name]) => FIELDS[name]!))];
  if (conditions.length === 0)
    throw new NetlinkError('NOT_ENCODABLE', 'flush', 'a flush of the whole table must be confirmed: { all: true }');
  return conditions;
}

/** Writes IPCTNL_MSG_CT_DELETE without a tuple: the kernel's flush. No other function writes it. */
export function writeFlush(writer: MessageWriter, sequence: number, scope: FlushScope): void {
  conditionsOf(scope);
  const { all: _, ...filter } = scope;
  const family = filterFamily('flush', filter);
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_DELETE, U.NLM_F_REQUEST | U.NLM_F_ACK, sequence, family);
  writeKernelFilter(writer, 'flush', filter);
  writer.end();
}
