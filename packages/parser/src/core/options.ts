import type { LabelMap } from '@conntrack/flow';
import type { ParseError } from './error.js';
import type { DocumentFormat, FlowFormat } from './formats.js';
import type { TimeZone } from './local-time.js';

/** Tokens that a line may have, by default: a line of conntrack(8) has about 30 at most. */
export const MAX_PAIRS = 128;

/** What decides how a line is read. */
export interface LineOptions {
  /** Most tokens that a line may have (default 128); in XML most elements of a flow, those included that hold others (default 256). */
  maxPairs?: number | undefined;
  /** With it, labels become bit numbers where the map knows the name. */
  labelMap?: LabelMap | undefined;
  /** Whose local time `[start=…]` is (default: this machine's). */
  timeZone?: TimeZone | undefined;
}

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
