import type { ParseError } from './error.js';
import type { DocumentFormat, FlowFormat } from './formats.js';
import type { LineOptions } from './texts.js';

/** What a text of flows can be. */
export type ReadFormat = FlowFormat | DocumentFormat;

/** How text is read. */
export interface ParseOptions extends LineOptions {
  /** What the text is; told from its first lines when absent. */
  format?: ReadFormat | { readonly format: ReadFormat } | undefined;
  /** `strict` (the default): the first bad line is an error. `tolerant`: bad lines are counted, handed to `onBadLine` and left out. */
  mode?: 'strict' | 'tolerant' | undefined;
  /** Told of every bad line, in both modes. */
  onBadLine?: ((error: ParseError) => void) | undefined;
  /** Longest line in bytes (default 65,536). */
  maxLineLength?: number | undefined;
}

/** How a stream of text is read. */
export interface StreamOptions extends ParseOptions {
  /** Ends the reading: the iterator throws the signal's reason, and the source is closed. */
  signal?: AbortSignal | undefined;
}

/** What a source gave so far. */
export interface Progress {
  /** Lines seen, bad ones included. */
  lines: number;
  /** Lines that were left out as bad. */
  badLines: number;
}

/** The format that was said. */
export const formatSaid = ({ format }: ParseOptions): ReadFormat | undefined =>
  typeof format === 'object' ? format.format : format;
