import type { Readable, Writable } from 'node:stream';
import { printable } from '@conntrack/flow/text';

/** All that a run of the program touches of its process. The binary passes the real ones; a test passes its own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user or the system asks the program to end; the reason is an {@link Interrupted}. */
  readonly signal: AbortSignal;
  /** Calls back on SIGHUP, which does not end the program then; returns what takes that back. */
  readonly onHangup?: (listener: () => void) => () => void;
  /** Whether a person sits at the terminal and can be asked. */
  readonly interactive: boolean;
}

/** Why a run ended early: the signal that came. */
export class Interrupted extends Error {
  readonly code = 'INTERRUPTED';
  override readonly name = 'Interrupted';
  constructor(readonly by: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`interrupted by ${by}`);
  }
}

/** Text for people: what a command has to say beside its output. Control characters of files and arguments are escaped. */
export const say = (io: Pick<Io, 'stderr'>, text: string): void => {
  io.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
};
