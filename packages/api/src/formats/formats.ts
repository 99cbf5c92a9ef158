import type { Flow } from '@conntrack/flow';
import { type FormatOptions, formatFlow, XML_FOOTER, XML_HEADER } from '@conntrack/parser/format';
import type { RowCounts } from '@conntrack/table';
import { negotiate } from '../http/accept.js';
import type { Problem } from '../problems.js';
import { problemBody } from '../problems.js';
import { type Column, project } from './columns.js';
import { csvHead, csvLine } from './csv.js';

/** What is said of a list when it is through. */
export interface ListEnd extends RowCounts {
  /** Where the events stood before the table was read. */
  readonly position: string | undefined;
}

/** How the flows of a list are written out as they come. */
export interface StreamFormat {
  readonly type: string;
  /** Whether `fields=` means anything to it. */
  readonly columns: boolean;
  head?(columns: readonly Column[] | undefined): string;
  /** The flow's JSON is its line: it is written without the flow where the source can. */
  readonly json?: true;
  line(flow: Flow, columns: readonly Column[] | undefined): string;
  /** What shows that nothing was cut off. */
  end?(end: ListEnd): string;
  /** What is said of a failure half-way; without it the connection is cut. */
  failure?(problem: Problem, requestId: string): string;
}

const textFormat = (options: FormatOptions): StreamFormat => ({
  type: 'text/plain; charset=utf-8',
  columns: false,
  line: flow => `${formatFlow(flow, options)}\n`,
});

/** Every streamed format by the word that `format=` takes. */
export const STREAM_FORMATS = {
  ndjson: {
    type: 'application/x-ndjson',
    columns: true,
    json: true,
    line: (flow, columns) => `${JSON.stringify(columns ? project(flow, columns) : flow)}\n`,
    end: ({ scanned, matched, limited, position }) =>
      `${JSON.stringify({ type: 'end', scanned, matched, ...(limited && { limited }), position })}\n`,
    failure: (problem, requestId) => `${JSON.stringify({ ...problemBody(problem, requestId), type: 'error' })}\n`,
  },
  csv: { type: 'text/csv; charset=utf-8', columns: true, head: csvHead, line: csvLine },
  plain: textFormat({ format: 'conntrack' }),
  extended: textFormat({ format: 'conntrack', extended: true }),
  save: textFormat({ format: 'save' }),
  xml: {
    type: 'application/xml',
    columns: false,
    head: () => `${XML_HEADER}\n`,
    line: flow => `${formatFlow(flow, { format: 'xml' })}\n`,
    end: () => `${XML_FOOTER}\n`,
  },
} as const satisfies Readonly<Record<string, StreamFormat>>;

/** The words of `format=`. */
export const FORMAT_NAMES = ['json', ...(Object.keys(STREAM_FORMATS) as (keyof typeof STREAM_FORMATS)[])] as const;
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
