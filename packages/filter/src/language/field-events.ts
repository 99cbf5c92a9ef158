import type { FieldName } from './field-table.js';

/** How the kernel's events tell of a field. */
export interface FieldEvents {
  /**
   * Events that carry it whenever the entry has it, by their first letters; all three (`nud`) when not given. In the others it may stand (a
   * change is told of), and absent means unknown.
   */
  readonly carried?: string;
  /** An event leaves it out when it is 0. */
  readonly zero?: true;
  /** How it changes while the entry lives: with an `update` event (`told`), without one (`silent`), or never when not given. */
  readonly moves?: 'told' | 'silent';
}

const told = (carried: string): FieldEvents => ({ carried, moves: 'told' });
const silent = (carried: string): FieldEvents => ({ carried, moves: 'silent' });

/**
 * The fields that events may leave out, or whose value can change. All others are in every event and stay as they are: addresses, ports,
 * protocol, zone, id, NAT. Checked on Linux 6.18 (ctnetlink_conntrack_event); apart from `FIELDS`, since filtering a table needs none of it.
 */
export const FIELD_EVENTS: { readonly [Name in FieldName]?: FieldEvents } = {
  state: told(''),
  status: told('nud'),
  assured: told('nud'),
  unreplied: told('nud'),
  offload: silent('nud'),
  mark: { ...told('nud'), zero: true },
  // The kernel puts labels into `new` where there are any, and into `update` where they changed and some are left.
  label: told('n'),
  helper: told('nu'),
  secctx: told('nu'),
  secmark: told(''),
  timeout: silent('nu'),
  use: silent(''),
  bytes: silent('d'),
  packets: silent('d'),
  'orig.bytes': silent('d'),
  'reply.bytes': silent('d'),
  'orig.packets': silent('d'),
  'reply.packets': silent('d'),
  age: silent('d'),
  start: { carried: 'd' },
  'sctp.vtag': told(''),
  'orig.sctp.vtag': told(''),
  'reply.sctp.vtag': told(''),
  'dccp.role': told(''),
};
