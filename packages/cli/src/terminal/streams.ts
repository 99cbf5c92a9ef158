import type { Io } from '../process/io.js';

/** A stream that may be a terminal. */
type Stream = (NodeJS.WritableStream | NodeJS.ReadableStream) & { isTTY?: boolean };

/** Whether a stream is a terminal. */
export const isTerminal = (stream: Stream): boolean => stream.isTTY === true;

/** Whether standard error is a terminal. Its stream, which takes some milliseconds to create, is not created to find out. */
export const isStderrTerminal = (io: Pick<Io, 'stderr' | 'isStderrTerminal'>): boolean =>
  io.isStderrTerminal?.() ?? isTerminal(io.stderr);
