/** Why a server cannot listen, by its stable code. */
export type ListenErrorCode =
  /** Another program has the port or the socket. */
  | 'LISTEN_IN_USE'
  /** The address is none of this host. */
  | 'LISTEN_NOT_LOCAL'
  /** Ports below 1024 and other people's folders. */
  | 'LISTEN_NOT_PERMITTED'
  /** The text is no address. */
  | 'LISTEN_INVALID'
  /** Certificate, key or authority are not what they should be. */
  | 'LISTEN_TLS'
  /** Anonymous reading is for loopback and unix sockets. */
  | 'LISTEN_ANONYMOUS'
  /** Anything else that the system answered. */
  | 'LISTEN_FAILED';

/** A server that cannot listen. The message is one sentence with the mend. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  constructor(
    readonly code: ListenErrorCode,
    message: string,
    /** The address, as it was given. */
    readonly listen: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

const CODES: Readonly<Record<string, readonly [ListenErrorCode, (listen: string) => string]>> = {
  EADDRINUSE: [
    'LISTEN_IN_USE',
    listen => `${listen} is in use by another program; end that one (ss -ltnp tells which), or listen elsewhere`,
  ],
  EADDRNOTAVAIL: [
    'LISTEN_NOT_LOCAL',
    listen => `${listen} is no address of this host (ip addr lists them); 0.0.0.0 and [::] mean all`,
  ],
  EAFNOSUPPORT: ['LISTEN_NOT_LOCAL', listen => `this host has no addresses of the family of ${listen}`],
  ENOTFOUND: ['LISTEN_NOT_LOCAL', listen => `the name in ${listen} has no address; give the address itself`],
  EAI_AGAIN: ['LISTEN_NOT_LOCAL', listen => `the name in ${listen} could not be resolved; give the address itself`],
  EACCES: [
    'LISTEN_NOT_PERMITTED',
    listen => `this user may not listen on ${listen}; take a port from 1024 on, or a folder of your own`,
  ],
  EPERM: ['LISTEN_NOT_PERMITTED', listen => `this user may not listen on ${listen}`],
  ENOENT: ['LISTEN_INVALID', listen => `the folder of ${listen} does not exist; make it first`],
  EBADF: ['LISTEN_INVALID', listen => `${listen} is not open: nothing was handed over there`],
  ENOTSOCK: ['LISTEN_INVALID', listen => `${listen} is no socket`],
  EINVAL: ['LISTEN_INVALID', listen => `${listen} is no socket that can be listened on`],
  ERR_INVALID_FD_TYPE: ['LISTEN_INVALID', listen => `${listen} is no socket that can be listened on`],
  ENOTDIR: ['LISTEN_INVALID', listen => `the path of ${listen} leads through a file`],
};

/** What the system said, as a {@link ListenError}. */
export function listenErrorOf(listen: string, error: unknown): ListenError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const [known, say] = CODES[code] ?? ['LISTEN_FAILED' as const, () => `cannot listen on ${listen}: ${message}`];
  return new ListenError(known, say(listen), listen, error);
}
