import type { Io } from '../process/io.js';

/** A stream that may be a terminal. */
type Stream = (NodeJS.WritableStream | NodeJS.ReadableStream) & { isTTY?: boolean };

/** Whether a stream is a terminal. */
export const isTerminal = (stream: Stream): boolean => stream.isTTY === true;

/** Whether standard output is a terminal. Its stream, which takes some milliseconds to create, is not created to find out. */
export const isStdoutTerminal = (io: Pick<Io, 'stdout' | 'isStdoutTerminal'>): boolean =>
  io.isStdoutTerminal?.() ?? isTerminal(io.stdout);

/** Whether standard error is a terminal. Its stream is not created to find out. */
export const isStderrTerminal = (io: Pick<Io, 'stderr' | 'isStderrTerminal'>): boolean =>
  io.isStderrTerminal?.() ?? isTerminal(io.stderr);
