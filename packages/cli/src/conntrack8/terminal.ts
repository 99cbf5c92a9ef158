/** What a run of conntrack(8) touches of its process. The binary passes descriptors 1 and 2; a test passes its own. */
export interface Terminal {
  /** Standard output. @throws ReaderGone, OperationError */
  out(bytes: Uint8Array, length?: number): void;
  /** Standard error: text with its newline. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** As what the program shows itself: `conntrack`, in one of its versions, or `ctctl`. */
export interface Identity {
  readonly name: string;
  /** What stands in front of messages: `conntrack v1.4.7 (conntrack-tools)`. */
  readonly title: string;
  readonly version: string;
}
