import { getSystemErrorName } from 'node:util';

// Explanations for the lab that an errno alone does not give.
const EXPLANATIONS: Readonly<Record<string, string>> = {
  EPERM: 'it needs root, or a user namespace: unshare -Ur COMMAND',
  EACCES: 'it needs root, or a user namespace: unshare -Ur COMMAND',
  EROFS: '/proc/sys is mounted read-only, as in containers',
  EOPNOTSUPP: 'this kernel does not support it',
  EPROTONOSUPPORT: 'this kernel does not support it',
  EAFNOSUPPORT: 'this kernel does not support it, or IPv6 is off',
  ENOENT: 'this kernel does not support it, or the name is wrong',
  ENOSPC: 'a limit on namespaces is reached (user.max_net_namespaces)',
  EMFILE: 'too many open files (ulimit -n)',
};

function nameOf(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

/** Thrown if a step of building or using the lab fails. */
export class LabError extends Error {
  readonly code = 'LAB_FAILED';
  override readonly name = 'LabError';
  /** The errno as a positive number; absent if no system call failed. */
  readonly errno: number | undefined;
  readonly errnoName: string | undefined;
  constructor(
    /** The step that failed: `create the link eth0`. */
    readonly step: string,
    errno?: number,
    detail?: string,
  ) {
    const name = errno === undefined ? undefined : nameOf(errno);
    const why = [detail, name === undefined ? undefined : EXPLANATIONS[name]].filter(part => part !== undefined);
    super(
      `lab: cannot ${step}${name === undefined ? '' : ` (${name})`}${why.length === 0 ? '' : `: ${why.join('; ')}`}`,
    );
    this.errno = errno;
    this.errnoName = name;
  }
}

/** Returns the addon's result. @throws LabError for a negative errno */
export function checked(result: number, step: string): number {
  if (result < 0) throw new LabError(step, -result);
  return result;
}
