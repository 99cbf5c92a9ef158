import type { Family, Tuple } from '@conntrack/flow';
import { NetlinkError } from '../wire/error.js';
import * as U from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';
import { filterFamily, writeKernelFilter } from './kernel-filter.js';

/** What a flush empties: everything, said so, or what its conditions leave (all of them ANDed). */
export type FlushScope =
  | { readonly all: true }
  | {
      readonly all?: undefined;
      readonly family?: Family;
      /** Needs a family, as the tuples do. Linux 6.11; what of a tuple can be given is told at `KernelFilter`. */
      readonly protonum?: number;
      readonly original?: Partial<Tuple>;
      readonly reply?: Partial<Tuple>;
      /** The entry's zone, whether it holds for both directions or for one: the kernel cannot tell them apart here. */
      readonly zone?: number;
      /** `(mark & markMask) === mark`. */
      readonly mark?: number;
      readonly markMask?: number;
      readonly status?: number;
      readonly statusMask?: number;
    };

/** The conditions of a scope that an older kernel may ignore, and so empty the table. */
export type FlushCondition = 'family' | 'tuple' | 'zone' | 'mark' | 'status';

/** Each field of a scope with the condition that it belongs to. */
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

/** The conditions that a scope has. @throws NetlinkError NOT_ENCODABLE when it has none and does not say `all`. */
export function conditionsOf(scope: FlushScope): FlushCondition[] {
  const fields = Object.entries(scope).filter(([, value]) => value !== undefined);
  // A field that is passed over would make the flush larger than it was meant.
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

/** IPCTNL_MSG_CT_DELETE without a tuple: the kernel's flush. Only this verb writes it. */
export function writeFlush(writer: MessageWriter, sequence: number, scope: FlushScope): void {
  conditionsOf(scope);
  const { all: _, ...filter } = scope;
  const family = filterFamily('flush', filter);
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_DELETE, U.NLM_F_REQUEST | U.NLM_F_ACK, sequence, family);
  writeKernelFilter(writer, 'flush', filter);
  writer.end();
}
