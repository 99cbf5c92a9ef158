import { TableError, type TableErrorCode } from '@conntrack/flow/table';
import { NetlinkError } from '@conntrack/netlink';

/** The kernel's errno to the table's code: the one table that CLI exit codes and HTTP statuses are made from. */
const BY_ERRNO: Readonly<Record<string, TableErrorCode>> = {
  ENOENT: 'FLOW_NOT_FOUND',
  EEXIST: 'FLOW_EXISTS',
  EBUSY: 'FLOW_BUSY',
  EINVAL: 'INVALID_CHANGE',
  ERANGE: 'INVALID_CHANGE',
  EOPNOTSUPP: 'UNSUPPORTED',
  ENOSPC: 'UNSUPPORTED',
  EPERM: 'NOT_PRIVILEGED',
  EACCES: 'NOT_PRIVILEGED',
  ENOMEM: 'NO_ROOM',
  ENOBUFS: 'NO_ROOM',
  ENFILE: 'NO_ROOM',
};

/** The same for codes that are not an errno. */
const BY_CODE: Readonly<Record<string, TableErrorCode>> = {
  TUPLE_INCOMPLETE: 'INVALID_CHANGE',
  NOT_ENCODABLE: 'INVALID_CHANGE',
  FLOW_REPLACED: 'FLOW_REPLACED',
  MODULE_MISSING: 'UNSUPPORTED',
  NAMESPACE_NOT_FOUND: 'NAMESPACE_NOT_FOUND',
};

/** A NetlinkError as the table's own; anything else as it is. The message stays: it is the explanation. */
export function fromNetlink(error: unknown): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const code =
    // EPERM from an update is the FIXED_TIMEOUT entry's, not the process's.
    error.errnoName === 'EPERM' && error.operation === 'update'
      ? 'FLOW_BUSY'
      : (BY_CODE[error.code] ?? BY_ERRNO[error.errnoName ?? ''] ?? 'SOURCE_FAILED');
  return new TableError(code, error.message, { cause: error });
}
