import { printableJson } from '@conntrack/flow/text';
import { type EntryFormat, entryFormat } from '@conntrack/netlink/text';
import { type FlowWriter, flowWriter, type PresetName } from '@conntrack/parser/presets';
import type { RowCounts } from '@conntrack/table';
import type { Problem } from '../problem/problems.js';
import { problemBody } from '../problem/problems.js';
import { negotiate } from './accept.js';
import { type Column, project } from './columns.js';

/** What is said of a list when it is through. */
export interface ListEnd extends RowCounts {
  /** Where the events stood before the table was read. */
  readonly position: string | undefined;
}

/** How the flows of a list are written out as they come: a preset, and what HTTP adds to it. */
export interface StreamFormat {
  readonly preset: PresetName;
  /** Whether `fields=` means anything to it. */
  readonly columns: boolean;
  /** The flow's JSON is its line: it is written without the flow where the source can. */
  readonly json?: true;
  /** A record behind the last flow that shows that nothing was cut off. */
  end?(end: ListEnd): string;
  /** What is said of a failure half-way; without it the connection is cut. */
  failure?(problem: Problem, requestId: string): string;
}

const textFormat = (preset: PresetName): StreamFormat => ({ preset, columns: false });

/** Every streamed format by the word that `format=` takes. */
export const STREAM_FORMATS = {
  ndjson: {
    preset: 'ndjson',
    columns: true,
    json: true,
    end: ({ scanned, matched, limited, position }) =>
      `${JSON.stringify({ type: 'end', scanned, matched, ...(limited && { limited }), position })}\n`,
    failure: (problem, requestId) => `${JSON.stringify({ ...problemBody(problem, requestId), type: 'error' })}\n`,
  },
  csv: { preset: 'csv', columns: true },
  plain: textFormat('plain'),
  extended: textFormat('extended'),
  save: textFormat('save'),
  xml: textFormat('xml'),
} as const satisfies Readonly<Record<string, StreamFormat>>;

/** A row as its JSON, straight from the kernel's bytes. */
export const JSON_ROW = entryFormat('json')!;

/** How the flows of a list are written, and its rows where the source can write them without flows: to the same text. */
export interface ListWriter extends FlowWriter {
  readonly row: EntryFormat | undefined;
}

/** The writer of a list that begins now. */
export function writerOf({ preset, json }: StreamFormat, columns: readonly Column[] | undefined): ListWriter {
  const options = { now: Date.now(), columns };
  const writer = flowWriter(preset, options);
  if (json && columns) return { ...writer, line: flow => `${printableJson(project(flow, columns))}\n`, row: undefined };
  return { ...writer, row: entryFormat(preset, options) };
}

/** The words of `format=` for a stream. */
export const STREAM_FORMAT_NAMES = Object.keys(STREAM_FORMATS) as (keyof typeof STREAM_FORMATS)[];
/** The words of `format=`. */
export const FORMAT_NAMES = ['json', ...STREAM_FORMAT_NAMES] as const;
/** One of them. */
export type FormatName = (typeof FORMAT_NAMES)[number];

/** Media types that a client may ask for, and what each gives; the first is what a client without wishes gets. */
const ACCEPTED: Readonly<Record<string, FormatName>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'text/csv': 'csv',
  'text/plain': 'plain',
  'application/xml': 'xml',
  'text/xml': 'xml',
};
const TYPES = Object.keys(ACCEPTED);
/** Browsers name XML behind HTML, and mean neither: they get what a client without wishes gets. */
const TYPES_OF_BROWSERS = TYPES.filter(type => ACCEPTED[type] !== 'xml');

/** The format of an Accept header. @throws Problem `not-acceptable`, with the types there are. */
export const formatOf = (accept: string | undefined): FormatName =>
  ACCEPTED[negotiate(accept, accept?.includes('text/html') ? TYPES_OF_BROWSERS : TYPES)]!;

const STREAM_TYPES = TYPES.filter(type => ACCEPTED[type] !== 'json');

/** The streamed format of an Accept header. @throws Problem `not-acceptable`, with the types there are. */
export const streamFormatOf = (accept: string | undefined): keyof typeof STREAM_FORMATS =>
  ACCEPTED[negotiate(accept, STREAM_TYPES)] as keyof typeof STREAM_FORMATS;
