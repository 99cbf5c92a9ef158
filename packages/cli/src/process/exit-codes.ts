import { Interrupted } from './io.js';

/** The exit codes of the program. */
export const EXIT = {
  /** Success. */
  ok: 0,
  /** The operation failed: the kernel, the source or the network reported an error. */
  failed: 1,
  /** The command line, a filter or a capture is invalid. Nothing was done. */
  usage: 2,
  /** Nothing was found to get, update or delete. */
  nothing: 3,
  /** Hosts of a fleet are missing in the result. */
  incomplete: 4,
  /** Interrupted with Ctrl-C (128 + SIGINT). */
  interrupted: 130,
} as const;

/** The exit codes of errors by code. Other errors exit with 1. */
const BY_CODE: Readonly<Record<string, number>> = {
  USAGE: EXIT.usage,
  FILTER_INVALID: EXIT.usage,
  FILTER_REQUIRED: EXIT.usage,
  KEY_INVALID: EXIT.usage,
  SORT_INVALID: EXIT.usage,
  CURSOR_INVALID: EXIT.usage,
  SOURCE_UNUSABLE: EXIT.usage,
  NAMESPACE_NOT_FOUND: EXIT.usage,
  READ_ONLY: EXIT.usage,
  LISTEN_INVALID: EXIT.usage,
  LISTEN_ANONYMOUS: EXIT.usage,
  LISTEN_TLS: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  NODE_INVALID: EXIT.usage,
  INVENTORY_INVALID: EXIT.usage,
  FLOW_NOT_FOUND: EXIT.nothing,
  FLOW_REPLACED: EXIT.nothing,
};

const BY_SIGNAL: Readonly<Record<Interrupted['by'], number>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: 143,
  SIGHUP: 129,
};

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return BY_SIGNAL[error.by];
  // A bulk change that was stopped has the interruption as its cause.
  if (error instanceof Error && error.cause instanceof Interrupted) return BY_SIGNAL[error.cause.by];
  if (!(error instanceof Error)) return EXIT.failed;
  if (error.name === 'ParseError') return EXIT.usage;
  return BY_CODE[String((error as { code?: unknown }).code)] ?? EXIT.failed;
}
