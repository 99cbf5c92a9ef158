import { TableError, type TableErrorCode } from '@conntrack/flow/table';
import { NetlinkError } from '@conntrack/netlink';

/** The table's code for each errno of the kernel. CLI exit codes and HTTP statuses are made from these codes. */
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

/** The table's code for each netlink error code that is not an errno. */
const BY_CODE: Readonly<Record<string, TableErrorCode>> = {
  TUPLE_INCOMPLETE: 'INVALID_CHANGE',
  NOT_ENCODABLE: 'INVALID_CHANGE',
  FLOW_REPLACED: 'FLOW_REPLACED',
  MODULE_MISSING: 'UNSUPPORTED',
  NAMESPACE_NOT_FOUND: 'NAMESPACE_NOT_FOUND',
};

/** Converts a NetlinkError to a TableError with the same message, which contains the explanation. Returns any other error unchanged. */
export function fromNetlink(error: unknown): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const code =
    // EPERM of an update is about a FIXED_TIMEOUT entry, not about the process.
    error.errnoName === 'EPERM' && error.operation === 'update'
      ? 'FLOW_BUSY'
      : (BY_CODE[error.code] ?? BY_ERRNO[error.errnoName ?? ''] ?? 'SOURCE_FAILED');
  return new TableError(code, error.message, {
    cause: error,
    ...(code === 'NOT_PRIVILEGED' && { missing: 'capability' }),
  });
}
