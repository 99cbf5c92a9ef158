/**
 * The parts of the process that a run of conntrack(8) uses. The binary passes file descriptors 1 and 2, a test its own.
 */
export interface Terminal {
  /** Writes to standard output immediately, and waits for a slow reader. @throws ReaderGone, OperationError */
  out(bytes: Uint8Array, length?: number): void;
  /** Writes text with its newline to standard error. */
  err(text: string): void;
  /** Standard output and signals for a run that lasts until it is ended. */
  live(): Live;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Output that does not block signals. */
export interface Live {
  /** Aborted by SIGINT or SIGTERM, which then do not end the process by themselves. */
  readonly signal: AbortSignal;
  /**
   * Writes bytes, and waits for a slow reader unless the end was requested. The bytes must not be used afterwards.
   *
   * @throws ReaderGone, OperationError
   */
  write(bytes: Uint8Array): Promise<void>;
}

/** The identity that the program shows: `conntrack` in one of its versions, or `ctctl`. */
export interface Identity {
  readonly name: string;
  /** The text before messages: `conntrack v1.4.7 (conntrack-tools)`. */
  readonly title: string;
  readonly version: string;
}
