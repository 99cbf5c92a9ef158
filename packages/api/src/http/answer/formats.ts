import { printableJson } from '@conntrack/flow/text';
import { type EntryFormat, entryFormat } from '@conntrack/netlink/text';
import { type FlowWriter, flowWriter, type PresetName } from '@conntrack/parser/presets';
import { type FleetMeta, project, type RowCounts } from '@conntrack/table';
import type { Problem } from '../problem/problems.js';
import { problemBody } from '../problem/problems.js';
import { negotiate } from './accept.js';
import type { Column } from './columns.js';

/** Facts about a list that are known at its end. */
export interface ListEnd extends RowCounts {
  /** The position of the event stream before the table was read. */
  readonly position: string | undefined;
  /** Which nodes of a fleet answered. */
  readonly fleet: FleetMeta | undefined;
  /** What a list of the past leaves open. */
  readonly past?: object;
}

/** How the flows of a list are written: a preset of the flow writer, and what HTTP adds. */
export interface StreamFormat {
  readonly preset: PresetName;
  /** Whether the format supports `fields=`. */
  readonly columns: boolean;
  /** Each line is the flow's JSON. The kernel source can write it without making a flow object. */
  readonly json?: true;
  /** A record after the last flow, which shows that the list is complete. */
  end?(end: ListEnd): string;
  /** A record for a failure in the middle of the list. Without it, the connection is closed. */
  failure?(problem: Problem, requestId: string): string;
}

const textFormat = (preset: PresetName): StreamFormat => ({ preset, columns: false });

/** The streamed formats by their name in `format=`. */
export const STREAM_FORMATS = {
  ndjson: {
    preset: 'ndjson',
    columns: true,
    json: true,
    end: ({ scanned, matched, limited, position, fleet, past }) =>
      `${JSON.stringify({ type: 'end', scanned, matched, ...(limited && { limited }), position, fleet, ...past })}\n`,
    failure: (problem, requestId) => `${JSON.stringify({ ...problemBody(problem, requestId), type: 'error' })}\n`,
  },
  csv: { preset: 'csv', columns: true },
  plain: textFormat('plain'),
  extended: textFormat('extended'),
  save: textFormat('save'),
  xml: textFormat('xml'),
} as const satisfies Readonly<Record<string, StreamFormat>>;

/** Writes an entry as JSON, directly from the kernel's bytes. */
export const JSON_ROW = entryFormat('json')!;

/**
 * Writes the flows of a list. `row` writes an entry to the same text without making a flow object, where the source
 * supports it.
 */
export interface ListWriter extends FlowWriter {
  readonly row: EntryFormat | undefined;
}

/** Makes the writer of a list that starts now. */
export function writerOf({ preset, json }: StreamFormat, columns: readonly Column[] | undefined): ListWriter {
  const options = { now: Date.now(), columns };
  const writer = flowWriter(preset, options);
  if (json && columns) return { ...writer, line: flow => `${printableJson(project(flow, columns))}\n`, row: undefined };
  return { ...writer, row: entryFormat(preset, options) };
}

/** Names of the streamed formats in `format=`. */
export const STREAM_FORMAT_NAMES = Object.keys(STREAM_FORMATS) as (keyof typeof STREAM_FORMATS)[];
/** All names in `format=`. */
export const FORMAT_NAMES = ['json', ...STREAM_FORMAT_NAMES] as const;
/** A name in `format=`. */
export type FormatName = (typeof FORMAT_NAMES)[number];

/** The accepted media types and their formats. The first is the default for a client without an Accept header. */
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
/** Browsers list XML after HTML but want neither. They get the default format. */
const TYPES_OF_BROWSERS = TYPES.filter(type => ACCEPTED[type] !== 'xml');

/** The format for an Accept header. @throws Problem `not-acceptable`, with the available types */
export const formatOf = (accept: string | undefined): FormatName =>
  ACCEPTED[negotiate(accept, accept?.includes('text/html') ? TYPES_OF_BROWSERS : TYPES)]!;

const STREAM_TYPES = TYPES.filter(type => ACCEPTED[type] !== 'json');

/** The streamed format for an Accept header. @throws Problem `not-acceptable`, with the available types */
export const streamFormatOf = (accept: string | undefined): keyof typeof STREAM_FORMATS =>
  ACCEPTED[negotiate(accept, STREAM_TYPES)] as keyof typeof STREAM_FORMATS;
