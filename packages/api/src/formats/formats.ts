import type { Flow } from '@conntrack/flow';
import { type FormatOptions, formatFlow } from '@conntrack/parser';
import { negotiate } from '../http/accept.js';
import type { Problem } from '../problems.js';
import { problemBody } from '../problems.js';
import { type Column, project } from './columns.js';
import { csvHead, csvLine } from './csv.js';

/** How the flows of a list are written out as they come. */
export interface StreamFormat {
  readonly type: string;
  /** Whether `fields=` means anything to it. */
  readonly columns: boolean;
  head?(columns: readonly Column[] | undefined): string;
  line(flow: Flow, columns: readonly Column[] | undefined): string;
  /** What shows that nothing was cut off. */
  end?(matched: number): string;
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
    line: (flow, columns) => `${JSON.stringify(columns ? project(flow, columns) : flow)}\n`,
    end: matched => `${JSON.stringify({ type: 'end', matched })}\n`,
    failure: (problem, requestId) => `${JSON.stringify({ ...problemBody(problem, requestId), type: 'error' })}\n`,
  },
  csv: { type: 'text/csv; charset=utf-8', columns: true, head: csvHead, line: csvLine },
  plain: textFormat({ format: 'conntrack' }),
  extended: textFormat({ format: 'conntrack', extended: true }),
  save: textFormat({ format: 'save' }),
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
};

/** The format of an Accept header. @throws Problem `not-acceptable`, with the types there are. */
export const formatOf = (accept: string | undefined): FormatName => ACCEPTED[negotiate(accept, Object.keys(ACCEPTED))]!;
