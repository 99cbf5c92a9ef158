import type { ParseOptions, Progress, StreamOptions } from './options.js';
import { type Batches, batchesOf, type Chunks, piecesOf, type Records, singlesOf } from './stream.js';
import { type Kind, TextReader } from './text-reader.js';

/** Parsers for one kind of record, for text in every form. */
export interface Parsers<R> {
  /** Reads a stream; yields records one by one. */
  stream(chunks: Chunks, options?: StreamOptions): Records<R>;
  /** Reads a stream; yields arrays of records. */
  batches(chunks: Chunks, options?: StreamOptions): Batches<R>;
  /** Reads a whole text. */
  text(text: string | Uint8Array, options?: ParseOptions): R[];
  /** Reads a whole text; yields records one by one, without keeping them. */
  iterate(text: string | Uint8Array, options?: ParseOptions): Generator<R, Progress>;
}

/** Makes the parsers for one kind of record. */
export function makeParsers<T, R>(kind: Kind<T, R>): Parsers<R> {
  const batches = (chunks: Chunks, options?: StreamOptions): Batches<R> =>
    batchesOf(chunks, options?.signal, new TextReader(kind, options));
  function* iterate(text: string | Uint8Array, options?: ParseOptions): Generator<R, Progress> {
    const reader = new TextReader(kind, options);
    for (const piece of piecesOf(text)) {
      reader.push(piece);
      yield* reader.taken();
    }
    reader.end();
    yield* reader.taken();
    return { lines: reader.lines, badLines: reader.badLines };
  }
  return {
    batches,
    stream: (chunks, options) => singlesOf(batches(chunks, options)),
    text: (text, options) => [...iterate(text, options)],
    iterate,
  };
}
