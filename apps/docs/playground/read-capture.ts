// Reads conntrack text in slices, so that the page stays responsive however long the text is.
import { type CaptureRecord, captureRecords, ParseError } from '@conntrack/parser/capture';
import { detectFormat, type TextFormat } from '@conntrack/parser/format';

/** A line that could not be read. */
export interface BadLine {
  /** From 1. */
  line: number;
  column: number;
  expected: string;
  /** The line, and a caret below the column. */
  snippet: string;
}

/** What a text contains. */
export interface Capture {
  /** Format of the text; `capture` if its lines have other text around them, absent if no line can be read. */
  format?: TextFormat | 'capture';
  lines: number;
  /** The entries and events, in the order of the text: the first {@link MOST_RECORDS}. */
  records: CaptureRecord[];
  /** Number of flows in the text, events included. */
  flows: number;
  /** Number of flows that came from events. */
  events: number;
  badLines: number;
  /** The first bad lines. */
  bad: BadLine[];
  done: boolean;
}

/** How to read. */
export interface ReadOptions {
  signal?: AbortSignal;
  /** Called at every pause, and at the end. */
  onProgress?: (capture: Capture) => void;
  /** Lets other code of the page run. */
  pause?: () => Promise<void>;
}

/** Maximum number of flows that are kept: about 300 MB. */
export const MOST_RECORDS = 500_000;
/** Maximum number of bad lines that are shown. */
export const MOST_BAD = 20;
/** Number of bytes or characters that are read at once. */
const SLICE = 1 << 16;
/** Milliseconds of work between two pauses: below one frame. */
export const WORK = 10;

/** Lets other code of the page run. */
export const laterTask = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

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

/**
 * Reads a text or a file of any format that the parser knows. Bad lines are counted and left out. Local times are taken as UTC, and can
 * be written as they stood. A text of no known format gives a capture without `format`; one that is not about flows (counters, expectations) is not read.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function readCapture(source: string | Blob, options: ReadOptions = {}): Promise<Capture> {
  const { signal, onProgress, pause = laterTask } = options;
  const capture: Capture = { lines: 0, records: [], flows: 0, events: 0, badLines: 0, bad: [], done: false };
  const head = await headOf(source);
  const format = detectFormat(head)?.format ?? ((await hasFlows(head)) ? 'capture' : undefined);
  signal?.throwIfAborted();
  if (format !== undefined) capture.format = format;
  if (format === undefined || OTHER_FORMATS.has(format)) return finish(capture, onProgress);

  const onBadLine = ({ line, column, expected, hint, snippet }: ParseError): void => {
    capture.badLines++;
    if (capture.bad.length >= MOST_BAD) return;
    capture.bad.push({ line, column, expected: hint === undefined ? expected : `${expected}. ${hint}`, snippet });
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
        if (record.type !== undefined) capture.events++;
        if (capture.records.length < MOST_RECORDS) capture.records.push(record);
      }
      capture.flows += records.length;
      capture.lines = batches.lines;
      if (performance.now() - since < WORK) continue;
      onProgress?.({ ...capture });
      await pause();
      signal?.throwIfAborted();
      since = performance.now();
    }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    if (capture.badLines === 0) onBadLine(error);
  }
  capture.lines = batches.lines;
  return finish(capture, onProgress);
}

function finish(capture: Capture, onProgress: ReadOptions['onProgress']): Capture {
  capture.done = true;
  onProgress?.(capture);
  return capture;
}

const n = (count: number): string => count.toLocaleString('en');
const plural = (count: number, noun: string): string => `${n(count)} ${noun}${count === 1 ? '' : 's'}`;

/** What a text is, as a sentence. */
export function summaryOf({ format, flows, events, badLines, done }: Capture): string {
  if (format === undefined)
    return 'No line is of a known format. Paste what conntrack prints, /proc/net/nf_conntrack, or NDJSON.';
  if (OTHER_FORMATS.has(format)) return `This text is of the format ${format}, which has no flows.`;
  const bad = badLines === 0 ? '' : `, ${plural(badLines, 'bad line')}`;
  const more = flows > MOST_RECORDS ? `. The table has the first ${n(MOST_RECORDS)} of them` : '';
  const noun = events === 0 ? 'flow' : events === flows ? 'event' : 'record';
  return `${plural(flows, noun)}${bad} (read as ${format})${done ? more : ' so far…'}`;
}
