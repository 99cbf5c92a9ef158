// Reads conntrack text in slices, so that the page stays responsive however long the text is.
import type { FlowPredicate } from '@conntrack/filter/compile';
import { FlowObjectCursor } from '@conntrack/flow';
import { ParseError, parseBatches } from '@conntrack/parser/all';
import { detectFormat, type FormatOptions, formatFlow, type TextFormat } from '@conntrack/parser/format';

/** A line that could not be read. */
export interface BadLine {
  /** From 1. */
  line: number;
  column: number;
  expected: string;
  /** The line, and a caret below the column. */
  snippet: string;
}

/** What was found so far. */
export interface ScanResult {
  /** What the text is; absent when no line is of a known format. */
  format?: TextFormat;
  lines: number;
  flows: number;
  matched: number;
  badLines: number;
  /** The first bad lines. */
  bad: BadLine[];
  /** The first matching flows, written. */
  shown: string[];
  done: boolean;
}

/** What to look for, and how. */
export interface ScanOptions {
  matches: FlowPredicate;
  output: FormatOptions;
  signal?: AbortSignal;
  /** Told at every pause, and at the end. */
  onProgress?: (result: ScanResult) => void;
  /** Lets others run. */
  pause?: () => Promise<void>;
}

/** Matching lines that are shown. */
export const MOST_SHOWN = 200;
/** Bad lines that are shown. */
export const MOST_BAD = 20;
/** Bytes or characters that are read at once. */
const SLICE = 1 << 16;
/** Milliseconds of work between two pauses: below one frame. */
const WORK = 10;

const laterTask = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

async function* slices(source: string | Blob): AsyncGenerator<string | Uint8Array> {
  if (typeof source === 'string')
    for (let from = 0; from < source.length; from += SLICE) yield source.slice(from, from + SLICE);
  else
    for (let from = 0; from < source.size; from += SLICE)
      yield new Uint8Array(await source.slice(from, from + SLICE).arrayBuffer());
}

const headOf = async (source: string | Blob): Promise<string> =>
  typeof source === 'string' ? source.slice(0, SLICE) : source.slice(0, SLICE).text();

const FLOW_FORMATS: ReadonlySet<TextFormat> = new Set(['proc', 'ip_conntrack', 'conntrack', 'save', 'xml', 'ndjson']);

/**
 * Reads a text or a file of any format that the parser knows, counts what matches and writes the first of it. Bad lines are counted and
 * left out. A text of no known format gives a result without `format`; one that is not about flows (counters, expectations) is not read.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function scan(source: string | Blob, options: ScanOptions): Promise<ScanResult> {
  const { matches, output, signal, onProgress, pause = laterTask } = options;
  const result: ScanResult = { lines: 0, flows: 0, matched: 0, badLines: 0, bad: [], shown: [], done: false };
  const format = detectFormat(await headOf(source))?.format;
  signal?.throwIfAborted();
  if (format !== undefined) result.format = format;
  if (format === undefined || !FLOW_FORMATS.has(format)) return finish(result, onProgress);

  const onBadLine = ({ line, column, expected, snippet }: ParseError): void => {
    result.badLines++;
    if (result.bad.length < MOST_BAD) result.bad.push({ line, column, expected, snippet });
  };
  const batches = parseBatches(slices(source), { mode: 'tolerant', onBadLine, ...(signal && { signal }) });
  let since = performance.now();
  try {
    for await (const flows of batches) {
      for (const flow of flows) {
        if (!matches(new FlowObjectCursor(flow))) continue;
        result.matched++;
        if (result.shown.length < MOST_SHOWN) result.shown.push(formatFlow(flow, output));
      }
      result.flows += flows.length;
      result.lines = batches.lines;
      if (performance.now() - since < WORK) continue;
      onProgress?.({ ...result });
      await pause();
      signal?.throwIfAborted();
      since = performance.now();
    }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    if (result.badLines === 0) onBadLine(error);
  }
  result.lines = batches.lines;
  return finish(result, onProgress);
}

function finish(result: ScanResult, onProgress: ScanOptions['onProgress']): ScanResult {
  result.done = true;
  onProgress?.(result);
  return result;
}

/** The counts as a sentence. */
export function summaryOf(result: ScanResult): string {
  const n = (count: number): string => count.toLocaleString('en');
  if (result.format === undefined)
    return 'No line is of a known format. Paste what conntrack prints, /proc/net/nf_conntrack, or NDJSON.';
  if (!FLOW_FORMATS.has(result.format)) return `This text is of the format ${result.format}, which has no flows.`;
  const bad = result.badLines === 0 ? '' : `, ${n(result.badLines)} bad ${result.badLines === 1 ? 'line' : 'lines'}`;
  const flows = `${n(result.flows)} ${result.flows === 1 ? 'flow' : 'flows'}`;
  return `${n(result.matched)} of ${flows} ${result.matched === 1 ? 'matches' : 'match'}${bad} (read as ${result.format})`;
}
