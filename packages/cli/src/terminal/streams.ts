/** A stream that may be a terminal. */
type Stream = (NodeJS.WritableStream | NodeJS.ReadableStream) & { isTTY?: boolean };

/** Whether a stream is a terminal. */
export const isTerminal = (stream: Stream): boolean => stream.isTTY === true;
