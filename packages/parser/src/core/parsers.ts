import type { ParseOptions, Progress, StreamOptions } from './options.js';
import { type Batches, batchesOf, type Chunks, piecesOf, type Records, singlesOf } from './stream.js';
import { type Kind, TextReader } from './text-reader.js';

/** Flows or events out of text in every form that it may come in. */
export interface Parsers<R> {
  /** A stream, one by one. */
  stream(chunks: Chunks, options?: StreamOptions): Records<R>;
  /** A stream, in arrays. */
  batches(chunks: Chunks, options?: StreamOptions): Batches<R>;
  /** A whole text at hand. */
  text(text: string | Uint8Array, options?: ParseOptions): R[];
  /** A text at hand, without holding all of it. */
  iterate(text: string | Uint8Array, options?: ParseOptions): Generator<R, Progress>;
}

/** The forms, for one kind of records. */
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
