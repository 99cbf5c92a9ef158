/** What a run of conntrack(8) touches of its process. The binary passes descriptors 1 and 2; a test passes its own. */
export interface Terminal {
  /** Standard output, at once: waits for a slow reader. @throws ReaderGone, OperationError */
  out(bytes: Uint8Array, length?: number): void;
  /** Standard error: text with its newline. */
  err(text: string): void;
  /** Standard output and signals for a run that lasts until it is ended. */
  live(): Live;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Output that does not stand in the way of signals. */
export interface Live {
  /** Aborted by SIGINT or SIGTERM, which from then on do not end the process by themselves. */
  readonly signal: AbortSignal;
  /** Writes, waiting for a slow reader unless the end was asked for. The bytes are given away. @throws ReaderGone, OperationError */
  write(bytes: Uint8Array): Promise<void>;
}

/** As what the program shows itself: `conntrack`, in one of its versions, or `ctctl`. */
export interface Identity {
  readonly name: string;
  /** What stands in front of messages: `conntrack v1.4.7 (conntrack-tools)`. */
  readonly title: string;
  readonly version: string;
}
