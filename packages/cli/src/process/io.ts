import type { Readable, Writable } from 'node:stream';
import { printable } from '@conntrack/flow/text';

/** The parts of the process that a run uses. The binary passes the real ones, a test its own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether standard output is a terminal, without creating its stream if it is not. */
  readonly isStdoutTerminal?: () => boolean;
  /** Whether standard error is a terminal, without creating its stream if it is not. */
  readonly isStderrTerminal?: () => boolean;
  /** Writes bytes to standard output without a stream, and returns how many of them. */
  readonly writeNow?: (bytes: Uint8Array) => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user or the system asks the program to end. The reason is an {@link Interrupted}. */
  readonly signal: AbortSignal;
  /**
   * Registers a listener for SIGHUP, which then does not end the program. Returns a function that removes the listener.
   */
  readonly onHangup?: (listener: () => void) => () => void;
  /** Whether a person is at the terminal and can be asked. */
  readonly interactive: boolean;
}

/** Why a run ended early: a signal. */
export class Interrupted extends Error {
  readonly code = 'INTERRUPTED';
  override readonly name = 'Interrupted';
  constructor(readonly by: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`interrupted by ${by}`);
  }
}

/** Prints a message on standard error. Control characters from files and arguments are escaped. */
export const say = (io: Pick<Io, 'stderr'>, text: string): void => {
  io.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
};
