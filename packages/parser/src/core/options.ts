import type { LabelMap } from '@conntrack/flow';
import type { ParseError } from './error.js';
import type { DocumentFormat, FlowFormat } from './formats.js';
import type { TimeZone } from './local-time.js';

/** Default maximum number of tokens on a line. A line of conntrack(8) has about 30 at most. */
export const MAX_PAIRS = 128;

/** Options for reading a line. */
export interface LineOptions {
  /** Maximum number of tokens on a line (default: 128). In XML, maximum number of elements of a flow, nested ones included (default: 256). */
  maxPairs?: number | undefined;
  /** Turns label names into bit numbers, for the names in the map. */
  labelMap?: LabelMap | undefined;
  /** Time zone of `[start=…]`. Default: the time zone of this machine. */
  timeZone?: TimeZone | undefined;
}

/** Every format in which flows can be read. */
export type ReadFormat = FlowFormat | DocumentFormat;

/** Options for reading text. */
export interface ParseOptions extends LineOptions {
  /** The format of the text. Default: detected from its first lines. */
  format?: ReadFormat | { readonly format: ReadFormat } | undefined;
  /** `strict` (default): the first bad line throws an error. `tolerant`: bad lines are counted, passed to `onBadLine` and skipped. */
  mode?: 'strict' | 'tolerant' | undefined;
  /** Called for every bad line, in both modes. */
  onBadLine?: ((error: ParseError) => void) | undefined;
  /** Maximum length of a line in bytes (default: 65,536). */
  maxLineLength?: number | undefined;
}

/** Options for reading a stream of text. */
export interface StreamOptions extends ParseOptions {
  /** Stops reading: the iterator throws the signal's reason, and the source is closed. */
  signal?: AbortSignal | undefined;
}

/** How far a source was read. */
export interface Progress {
  /** Number of lines read, bad lines included. */
  lines: number;
  /** Number of bad lines that were skipped. */
  badLines: number;
}

/** The format that the options name. */
export const formatSaid = ({ format }: ParseOptions): ReadFormat | undefined =>
  typeof format === 'object' ? format.format : format;
