import type { Progress } from './options.js';
import type { TextReader } from './text-reader.js';

/** A web stream, as far as it is needed here. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | string | undefined }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  };
}

/** Text in chunks that are cut anywhere: bytes (UTF-8) or strings. */
export type Chunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string> | ByteStream;

/** Records as they come, and how far the reading got. To be iterated once. */
export interface Records<T> extends AsyncIterable<T>, Progress {}

/** Bytes of a chunk that are read before what they gave is handed on: bounds the memory however large the source's chunks are. */
const PIECE = 1 << 16;

async function* chunksOf(source: Chunks, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array | string> {
  signal?.throwIfAborted();
  if (!('getReader' in source)) {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      yield chunk;
    }
    return;
  }
  const reader = source.getReader();
  let done = false;
  try {
    for (;;) {
      const result = await reader.read();
      signal?.throwIfAborted();
      done = result.done;
      if (result.value !== undefined) yield result.value;
      if (done) return;
    }
  } finally {
    if (!done) await reader.cancel(signal?.reason).catch(() => {});
    reader.releaseLock();
  }
}

/** A chunk in parts of which each gives a batch. */
export function* piecesOf(chunk: Uint8Array | string): Generator<Uint8Array | string> {
  if (chunk.length <= PIECE) yield chunk;
  else
    for (let from = 0; from < chunk.length; from += PIECE)
      yield typeof chunk === 'string' ? chunk.slice(from, from + PIECE) : chunk.subarray(from, from + PIECE);
}

/** The batches of a reader, and on the way out of them its progress. */
export class Batches<T> implements AsyncIterable<T[]>, Progress {
  readonly #chunks: Chunks;
  readonly #signal: AbortSignal | undefined;
  readonly #reader: TextReader<T>;
  #batch: T[] = [];

  constructor(chunks: Chunks, signal: AbortSignal | undefined, make: (take: (record: T) => void) => TextReader<T>) {
    this.#chunks = chunks;
    this.#signal = signal;
    this.#reader = make(record => {
      this.#batch.push(record);
    });
  }

  get lines(): number {
    return this.#reader.lines;
  }
  get badLines(): number {
    return this.#reader.badLines;
  }

  #taken(): T[] {
    const batch = this.#batch;
    this.#batch = [];
    return batch;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T[]> {
    for await (const chunk of chunksOf(this.#chunks, this.#signal))
      for (const piece of piecesOf(chunk)) {
        this.#signal?.throwIfAborted();
        // What stood before a bad line is handed on before its error is.
        let failed: { error: unknown } | undefined;
        try {
          this.#reader.push(piece);
        } catch (error) {
          failed = { error };
        }
        if (this.#batch.length > 0) yield this.#taken();
        if (failed !== undefined) throw failed.error;
      }
    this.#reader.end();
    if (this.#batch.length > 0) yield this.#taken();
  }
}

/** One by one. */
export class Singles<T> implements Records<T> {
  readonly #batches: Batches<T>;

  constructor(batches: Batches<T>) {
    this.#batches = batches;
  }

  get lines(): number {
    return this.#batches.lines;
  }
  get badLines(): number {
    return this.#batches.badLines;
  }

  /** Written out: a generator's `yield` costs several turns of the microtask queue for each record, a fifth of the time of reading it. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const batches = this.#batches[Symbol.asyncIterator]();
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
      await batches.return(undefined);
      return { done: true, value: undefined };
    };
    return { next, return: end };
  }
}
