// Reads conntrack text in slices, so that the page stays responsive however long the text is.
import type { FlowPredicate } from '@conntrack/filter/compile';
import { FlowObjectCursor } from '@conntrack/flow';
import { type CaptureRecord, captureRecords, ParseError } from '@conntrack/parser/capture';
import { detectFormat, type FormatOptions, formatEvent, formatFlow, type TextFormat } from '@conntrack/parser/format';

/** A line that could not be read. */
export interface BadLine {
  /** From 1. */
  line: number;
  column: number;
  expected: string;
  /** The line, and a caret below the column. */
  snippet: string;
}

/** The results so far. */
export interface ScanResult {
  /** Format of the text; `capture` if its lines have other text around them, absent if no line can be read. */
  format?: TextFormat | 'capture';
  lines: number;
  /** Flows, events included. */
  flows: number;
  /** Number of flows that came from events. */
  events: number;
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
  /** Called at every pause, and at the end. */
  onProgress?: (result: ScanResult) => void;
  /** Lets other code of the page run. */
  pause?: () => Promise<void>;
}

/** Maximum number of matching lines that are shown. */
export const MOST_SHOWN = 200;
/** Maximum number of bad lines that are shown. */
export const MOST_BAD = 20;
/** Number of bytes or characters that are read at once. */
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

const OTHER_FORMATS: ReadonlySet<string> = new Set<TextFormat>([
  'expectations',
  'proc_expectations',
  'stats',
  'proc_stats',
  'count',
]);

/** Whether the beginning of a text has a flow. The beginning of compressed text or UTF-16 does not show it. */
async function hasFlows(head: string): Promise<boolean> {
  if (/[^\t\n\r -~]/.test(head.slice(0, 4))) return true;
  try {
    for await (const records of captureRecords(head, { mode: 'tolerant' })) if (records.length > 0) return true;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  return false;
}

/** A record as the page shows it: an event with its tag. */
const written = ({ flow, type, time }: CaptureRecord, output: FormatOptions): string =>
  type === undefined
    ? formatFlow(flow, output)
    : formatEvent({ type, flow, ...(time !== undefined && { time }) }, output);

/**
 * Reads a text or a file of any format that the parser knows, counts what matches and writes the first of it. Bad lines are counted and
 * left out. Local times are taken as UTC, and written as they stood. A text of no known format gives a result without `format`; one that is not
 * about flows (counters, expectations) is not read.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function scan(source: string | Blob, options: ScanOptions): Promise<ScanResult> {
  const { matches, output, signal, onProgress, pause = laterTask } = options;
  const result: ScanResult = {
    lines: 0,
    flows: 0,
    events: 0,
    matched: 0,
    badLines: 0,
    bad: [],
    shown: [],
    done: false,
  };
  const head = await headOf(source);
  const format = detectFormat(head)?.format ?? ((await hasFlows(head)) ? 'capture' : undefined);
  signal?.throwIfAborted();
  if (format !== undefined) result.format = format;
  if (format === undefined || OTHER_FORMATS.has(format)) return finish(result, onProgress);

  const onBadLine = ({ line, column, expected, hint, snippet }: ParseError): void => {
    result.badLines++;
    if (result.bad.length >= MOST_BAD) return;
    result.bad.push({ line, column, expected: hint === undefined ? expected : `${expected}. ${hint}`, snippet });
  };
  const batches = captureRecords(slices(source), {
    mode: 'tolerant',
    timeZone: 0,
    onBadLine,
    ...(signal && { signal }),
  });
  let since = performance.now();
  try {
    for await (const records of batches) {
      for (const record of records) {
        if (record.type !== undefined) result.events++;
        if (!matches(new FlowObjectCursor().move(record.flow, record.type))) continue;
        result.matched++;
        if (result.shown.length < MOST_SHOWN) result.shown.push(written(record, output));
      }
      result.flows += records.length;
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
  if (OTHER_FORMATS.has(result.format)) return `This text is of the format ${result.format}, which has no flows.`;
  const bad = result.badLines === 0 ? '' : `, ${n(result.badLines)} bad ${result.badLines === 1 ? 'line' : 'lines'}`;
  const noun = result.events === 0 ? 'flow' : result.events === result.flows ? 'event' : 'record';
  const flows = `${n(result.flows)} ${noun}${result.flows === 1 ? '' : 's'}`;
  return `${n(result.matched)} of ${flows} ${result.matched === 1 ? 'matches' : 'match'}${bad} (read as ${result.format})`;
}
