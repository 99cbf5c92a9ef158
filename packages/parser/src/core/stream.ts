import { checkText, describe, isText } from './check-text.js';
import type { Progress } from './options.js';
import type { TextReader } from './text-reader.js';

/** The part of a web stream that is used here. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | string | undefined }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  };
}

/** Text in chunks that may be cut anywhere: bytes (UTF-8) or strings. A whole text is one chunk. */
export type Chunks =
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>
  | ByteStream
  | Uint8Array
  | string;

/** Records as they arrive, and the progress of reading. Can be iterated once. */
export interface Records<T> extends AsyncIterable<T>, Progress {}

/** A source of chunks has one of these members. */
const CHUNKS: readonly PropertyKey[] = ['getReader', Symbol.asyncIterator, Symbol.iterator];

/** Number of bytes of a chunk that are read before their records are passed on: limits the memory, however large the chunks are. */
const PIECE = 1 << 16;

/**
 * Yields the chunks of a source, and closes the source at the end. @throws TypeError for a value that is not a source of chunks; the
 * signal's reason when it is aborted
 */
export async function* chunksOf(source: Chunks, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array | string> {
  signal?.throwIfAborted();
  if (isText(source)) {
    yield source;
    return;
  }
  if (typeof source !== 'object' || source === null || !CHUNKS.some(name => name in source))
    throw new TypeError(
      `a stream must be an iterable or a ReadableStream of strings or bytes, got ${describe(source)}`,
    );
  if (!('getReader' in source)) {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      yield chunk;
    }
    return;
  }
  const reader = source.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (value !== undefined) yield value;
      if (done) return;
    }
  } finally {
    // A stream that has ended ignores this.
    await reader.cancel(signal?.reason).catch(() => {});
    reader.releaseLock();
  }
}

/** Yields a chunk in parts, each of which gives a batch. @throws TypeError */
export function* piecesOf(chunk: Uint8Array | string): Generator<Uint8Array | string> {
  checkText(chunk);
  if (chunk.length <= PIECE) yield chunk;
  else
    for (let from = 0; from < chunk.length; from += PIECE)
      yield typeof chunk === 'string' ? chunk.slice(from, from + PIECE) : chunk.subarray(from, from + PIECE);
}

/** Arrays of records as they arrive. Can be iterated once. */
export interface Batches<T> extends AsyncIterable<T[]>, Progress {}

function withProgress<T>(progress: Progress, iterate: () => AsyncIterator<T, undefined>): AsyncIterable<T> & Progress {
  return {
    get lines() {
      return progress.lines;
    },
    get badLines() {
      return progress.badLines;
    },
    [Symbol.asyncIterator]: iterate,
  };
}

type Reading<T> = Pick<TextReader<never, T>, 'push' | 'end' | 'taken' | keyof Progress>;

/** Returns the batches of a reader, with the progress of reading. */
export const batchesOf = <T>(chunks: Chunks, signal: AbortSignal | undefined, reader: Reading<T>): Batches<T> =>
  withProgress(reader, async function* (): AsyncGenerator<T[], undefined> {
    for await (const chunk of chunksOf(chunks, signal))
      for (const piece of piecesOf(chunk)) {
        signal?.throwIfAborted();
        // Records before a bad line are yielded before the error is thrown.
        let failed: { error: unknown } | undefined;
        try {
          reader.push(piece);
        } catch (error) {
          failed = { error };
        }
        const batch = reader.taken();
        if (batch.length > 0) yield batch;
        if (failed !== undefined) throw failed.error;
      }
    reader.end();
    const last = reader.taken();
    if (last.length > 0) yield last;
  });

/**
 * Turns batches into single records. Written without a generator: its `yield` costs several turns of the microtask queue for each record, a
 * fifth of the time for reading it.
 */
export const singlesOf = <T>(source: Batches<T>): Records<T> =>
  withProgress(source, () => {
    const batches = source[Symbol.asyncIterator]();
    let batch: readonly T[] = [];
    let at = 0;
    let waiting: Promise<IteratorResult<T, undefined>> | undefined;
    const more = async (): Promise<IteratorResult<T, undefined>> => {
      try {
        const { done, value } = await batches.next();
        if (done) return { done, value: undefined };
        batch = value;
        at = 1;
        return { done: false, value: value[0]! };
      } finally {
        waiting = undefined;
      }
    };
    const next = (): Promise<IteratorResult<T, undefined>> => {
      if (waiting !== undefined) return waiting.then(next);
      if (at < batch.length) return Promise.resolve({ done: false, value: batch[at++]! });
      waiting = more();
      return waiting;
    };
    const end = async (): Promise<IteratorReturnResult<undefined>> => {
      batch = [];
      await batches.return?.();
      return { done: true, value: undefined };
    };
    return { next, return: end };
  });
