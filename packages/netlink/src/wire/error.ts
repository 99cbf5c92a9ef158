import { type NewFlow, protocolOf, type StatusName } from '@conntrack/flow';
import type { Complain } from '@conntrack/flow/checks';

/** What was requested of the kernel when it failed. */
export type Operation =
  | 'open'
  | 'dump'
  | 'get'
  | 'create'
  | 'update'
  | 'delete'
  | 'flush'
  | 'count'
  | 'stats'
  | 'flowtables'
  | 'events'
  | 'dumpExpectations'
  | 'getExpectation'
  | 'createExpectation'
  | 'deleteExpectation'
  | 'flushExpectations'
  | 'decode'
  | 'encode';

/** Stable codes: the name of the kernel's errno, or one of these. */
export type NetlinkErrorCode =
  /** The tuple of a delete, get or update lacks addresses, ports or other parts. It is never sent. */
  | 'TUPLE_INCOMPLETE'
  /** A kernel filter or a value that is not sent, because the kernel would misunderstand it. */
  | 'NOT_ENCODABLE'
  /** Another connection has the tuple now. */
  | 'FLOW_REPLACED'
  /** The kernel's answer is incomplete or inconsistent. */
  | 'MALFORMED'
  /** A cursor was used after its slab was given back (`reuse`). */
  | 'STALE'
  /** The kernel has no connection tracking over netlink: the module nf_conntrack_netlink is missing. */
  | 'MODULE_MISSING'
  /** No network namespace has this name or path. */
  | 'NAMESPACE_NOT_FOUND'
  /** The client was closed. */
  | 'CLOSED'
  /** The name of an errno: `ENOENT`, `EPERM`, `EBUSY` … */
  | `E${string}`;

/** The details of a failure. */
export interface NetlinkErrorDetails {
  /** The errno, as a positive number. */
  errno?: number;
  /** The kernel's own message, if it gave one (NETLINK_EXT_ACK). */
  kernelMessage?: string;
  /** Offset in the request, in bytes, where the kernel found the fault. */
  offset?: number;
  /** The error behind this one. */
  cause?: unknown;
}

/** The error class of this package. */
export class NetlinkError extends Error {
  override readonly name = 'NetlinkError';
  readonly errno: number | undefined;
  readonly errnoName: string | undefined;
  readonly kernelMessage: string | undefined;
  readonly offset: number | undefined;
  constructor(
    readonly code: NetlinkErrorCode,
    readonly operation: Operation,
    message: string,
    details: NetlinkErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.errno = details.errno;
    this.errnoName = details.errno === undefined ? undefined : errnoName(details.errno);
    this.kernelMessage = details.kernelMessage;
    this.offset = details.offset;
  }
}

// Linux errnos for which libuv has no name, or another one than the kernel.
const NAMES: Readonly<Record<number, string>> = { 62: 'ETIME', 95: 'EOPNOTSUPP' };

function errnoName(errno: number): string {
  const name = NAMES[errno];
  if (name !== undefined) return name;
  // Loaded only for a rare errno, so that a program without errors starts a millisecond sooner.
  const given = process.getBuiltinModule('node:util').getSystemErrorName(-errno);
  return /^E[A-Z\d]+$/.test(given) ? given : `E${errno}`;
}

/**
 * What an errno means in an operation, if neither the kernel nor strerror(3) says it. Keys with an operation come first, then those for any
 * operation.
 */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  EPERM: 'this needs CAP_NET_ADMIN in the network namespace; run it with sudo, or give the capability to the program',
  EACCES: 'this needs CAP_NET_ADMIN in the network namespace; run it with sudo, or give the capability to the program',
  'update EPERM': 'the entry has FIXED_TIMEOUT, so its timeout cannot be changed (or CAP_NET_ADMIN is missing)',
  ENOENT: 'no entry has this tuple and zone (and id, if given)',
  'createExpectation ENOENT': 'no entry has the tuple of `master`: an expectation belongs to a tracked connection',
  'createExpectation EOPNOTSUPP': 'the master has no helper: create it with one',
  'createExpectation EBUSY': 'another expectation overlaps with this one',
  'createExpectation EEXIST': 'an expectation with this tuple already exists',
  'createExpectation EINVAL': 'tuple, mask and master must have the same protocol, and the helper must have the class',
  'getExpectation ENOENT': 'no expectation has this tuple and zone (and id, if given)',
  'deleteExpectation ENOENT': 'no expectation has this tuple and zone (and id, if given)',
  'dumpExpectations ENOENT': 'no entry has the tuple of `master`',
  'events EPERM':
    'receiving events needs CAP_NET_ADMIN in the network namespace; with `allNamespaces` it also needs CAP_NET_BROADCAST',
  EEXIST: 'an entry with this tuple already exists',
  EBUSY:
    'the status bits EXPECTED, CONFIRMED and DYING cannot be changed, and SEEN_REPLY and ASSURED cannot be cleared',
  EOPNOTSUPP: 'this kernel cannot do this',
  'create EOPNOTSUPP':
    'this kernel cannot do this (`replace` cannot add address translation, a master or a helper to an existing entry)',
  'dump EOPNOTSUPP': 'this kernel cannot filter dumps like this (a tuple filter requires a family and Linux 5.8)',
  'flush EOPNOTSUPP': 'this kernel does not support a flush with conditions. Delete the matching entries instead',
  EINVAL: 'the kernel refused the request: an attribute is not valid for this protocol or kernel',
  'create EINVAL':
    'the kernel refused this entry: the tuples, the timeout or an attribute is not valid for the protocol',
  ENOSPC: 'connection labels are stored only while a firewall rule uses labels',
  ENOMEM: 'the kernel is out of memory, or the table is full: raise net.netfilter.nf_conntrack_max',
  'create ENOMEM': 'the table is full or the kernel out of memory: raise net.netfilter.nf_conntrack_max',
  ENOBUFS:
    'the receive buffer overflowed and messages were lost. Raise `buffer`; without CAP_NET_ADMIN in the initial user namespace also net.core.rmem_max',
  ETIMEDOUT: 'the kernel did not answer in time',
  EAFNOSUPPORT: 'this kernel has no netlink',
  EMSGSIZE: 'a response was larger than the buffer',
};

/** Words for operations in messages, where the operation's name is not a word. */
const WORDS: Partial<Readonly<Record<Operation, string>>> = {
  dump: 'list',
  dumpExpectations: 'list of expectations',
  getExpectation: 'look-up of an expectation',
  createExpectation: 'creation of an expectation',
  deleteExpectation: 'deletion of an expectation',
  flushExpectations: 'flush of expectations',
};

/** Makes the error for a positive errno of the kernel. */
export function kernelError(operation: Operation, errno: number, details: NetlinkErrorDetails = {}): NetlinkError {
  const name = errnoName(errno);
  const why =
    details.kernelMessage ?? EXPLANATIONS[`${operation} ${name}`] ?? EXPLANATIONS[name] ?? 'the kernel refused';
  return new NetlinkError(
    name as NetlinkErrorCode,
    operation,
    `${WORDS[operation] ?? operation} failed: ${why} (${name})`,
    {
      ...details,
      errno,
    },
  );
}

/** Status bits that cannot be changed. The kernel returns EBUSY, and does not say for which bit. */
const FROZEN: ReadonlySet<StatusName> = new Set<StatusName>(['EXPECTED', 'CONFIRMED', 'DYING']);

/** Adds to an EBUSY error the bits of the change that caused it. */
export function namingBusyBits(error: NetlinkError, status: readonly StatusName[] = []): NetlinkError {
  const bits = status.filter(name => FROZEN.has(name));
  if (error.code !== 'EBUSY' || bits.length === 0) return error;
  const message = `${error.operation} failed: the status bit ${bits.join(' and ')} can be set by the kernel only (EBUSY)`;
  return new NetlinkError(error.code, error.operation, message, { errno: error.errno!, cause: error });
}

/**
 * Makes the error for a kernel without connection tracking over netlink (it returns EINVAL to every request), or without netfilter netlink
 * (no socket can be opened).
 */
export const moduleMissing = (cause: NetlinkError): NetlinkError =>
  new NetlinkError(
    'MODULE_MISSING',
    cause.operation,
    `${cause.operation} failed: this kernel has no connection tracking over netlink. Load its module: modprobe nf_conntrack_netlink`,
    { ...(cause.errno !== undefined && { errno: cause.errno }), cause },
  );

/** Modules of helpers whose names differ from the helper's name. */
const HELPER_MODULES: Readonly<Record<string, string>> = { RAS: 'h323', 'Q.931': 'h323', 'H.245': 'h323' };

/** Returns the module of a helper. A helper on an unusual port has the port in its name: `ftp-2121`. */
const helperModule = (helper: string): string =>
  `nf_conntrack_${HELPER_MODULES[helper] ?? helper.replace(/-\d+$/, '').replaceAll('-', '_')}`;

/**
 * Adds to an EOPNOTSUPP error of a creation the modules that the entry needs and the kernel does not have. With `replace`, an existing
 * entry may be the reason.
 */
export const namingModules =
  (replace: boolean) =>
  (error: NetlinkError, { helper, protonum, nat }: NewFlow): NetlinkError => {
    if (error.code !== 'EOPNOTSUPP' || (!helper && nat === undefined)) return error;
    const missing: string[] = [];
    const modules: string[] = [];
    if (helper) {
      missing.push(`the helper ${helper} is missing for ${protocolOf(protonum).name}`);
      modules.push(helperModule(helper));
    }
    if (nat !== undefined) {
      missing.push('the kernel does not support address translation');
      modules.push('nf_nat');
    }
    if (replace) missing.push('the entry exists: a helper or an address translation cannot be added');
    const message = `create failed: ${missing.join(', or ')} (module not loaded?) (EOPNOTSUPP). To load it: ${modules.map(name => `modprobe ${name}`).join('; ')}`;
    return new NetlinkError(error.code, error.operation, message, { errno: error.errno!, cause: error });
  };

/** Returns the addon's result, or throws its error. */
export function checked(result: number, operation: Operation): number {
  if (result < 0) throw kernelError(operation, -result);
  return result;
}

/** Makes the error for an attribute or message that ends beyond its container, or before its own header. */
export const malformed = (what: string, at: number): NetlinkError =>
  new NetlinkError('MALFORMED', 'decode', `the kernel's answer is malformed: ${what} at byte ${at}`, { offset: at });

/** Makes the error for a flow, change or reference that is not sent. */
export const notEncodable =
  (operation: Operation): Complain =>
  message =>
    new NetlinkError('NOT_ENCODABLE', operation, message);
