/** Stable codes of the reasons why a server cannot listen. */
export type ListenErrorCode =
  /** Another program uses the port or the socket. */
  | 'LISTEN_IN_USE'
  /** The address does not belong to this host. */
  | 'LISTEN_NOT_LOCAL'
  /** The user lacks permission, for example for a port below 1024 or another user's folder. */
  | 'LISTEN_NOT_PERMITTED'
  /** The text is not a listen address. */
  | 'LISTEN_INVALID'
  /** Certificate, key or client CA are invalid. */
  | 'LISTEN_TLS'
  /** Anonymous reading is allowed on loopback and unix sockets only. */
  | 'LISTEN_ANONYMOUS'
  /** Any other error of the system. */
  | 'LISTEN_FAILED';

/** A server cannot listen. The message says why, and how to fix it. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  constructor(
    readonly code: ListenErrorCode,
    message: string,
    /** The address as it was given. */
    readonly listen: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

const CODES: Readonly<Record<string, readonly [ListenErrorCode, (listen: string) => string]>> = {
  EADDRINUSE: [
    'LISTEN_IN_USE',
    listen => `${listen} is already in use. Stop the other program ('ss -ltnp' shows it), or choose another address`,
  ],
  EADDRNOTAVAIL: [
    'LISTEN_NOT_LOCAL',
    listen => `${listen} is not an address of this host ('ip addr' lists them); 0.0.0.0 and [::] are all addresses`,
  ],
  EAFNOSUPPORT: ['LISTEN_NOT_LOCAL', listen => `this host has no addresses of the family of ${listen}`],
  ENOTFOUND: ['LISTEN_NOT_LOCAL', listen => `the name in ${listen} has no address. Use an IP address`],
  EAI_AGAIN: ['LISTEN_NOT_LOCAL', listen => `the name in ${listen} could not be resolved. Use an IP address`],
  EACCES: [
    'LISTEN_NOT_PERMITTED',
    listen => `this user is not allowed to listen on ${listen}. Use a port ≥ 1024, or a folder that you own`,
  ],
  EPERM: ['LISTEN_NOT_PERMITTED', listen => `this user is not allowed to listen on ${listen}`],
  ENOENT: ['LISTEN_INVALID', listen => `the folder of ${listen} does not exist. Create it first`],
  EBADF: ['LISTEN_INVALID', listen => `${listen} is not open: no socket was inherited there`],
  ENOTSOCK: ['LISTEN_INVALID', listen => `${listen} is not a socket`],
  EINVAL: ['LISTEN_INVALID', listen => `${listen} is not a listening socket`],
  ERR_INVALID_FD_TYPE: ['LISTEN_INVALID', listen => `${listen} is not a listening socket`],
  ENOTDIR: ['LISTEN_INVALID', listen => `the path of ${listen} contains a file instead of a folder`],
};

/** Converts a system error to a {@link ListenError}. */
export function listenErrorOf(listen: string, error: unknown): ListenError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const [known, say] = CODES[code] ?? ['LISTEN_FAILED' as const, () => `cannot listen on ${listen}: ${message}`];
  return new ListenError(known, say(listen), listen, error);
}
