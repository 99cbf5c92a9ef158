import type { Flow, FlowEvent } from '@conntrack/flow';
import { TaggedLineReader } from './flow-reader.js';
import { formatLineEvent } from './format-event.js';
import { formatLine } from './format-line.js';
import type { FormatOptions } from './formats.js';
import type { ParseOptions, Progress, StreamOptions } from './options.js';
import { type ChooseFlowReader, eventParsers, flowParsers, oneFlow } from './parsers.js';
import type { Batches, Chunks, Records } from './stream.js';

// `@conntrack/parser/lines`: the lines of /proc and of `conntrack -L` and `-E` alone, for where every byte counts. The same functions as in
// `@conntrack/parser`, without -o save, XML, NDJSON, expectations, statistics and detection.

const LINES = 'lines of /proc/net/nf_conntrack or conntrack(8)';
const choose: ChooseFlowReader = options => new TaggedLineReader(options);
const flows = /* @__PURE__ */ flowParsers(choose, LINES);
const events = /* @__PURE__ */ eventParsers(choose, LINES);

/** How a line is written: `FormatOptions` of the three formats of lines. */
export type LineFormatOptions = FormatOptions & { format: 'proc' | 'ip_conntrack' | 'conntrack' };

/** A stream of lines to flows. @throws ParseError */
export const parse = (chunks: Chunks, options?: StreamOptions): Records<Flow> => flows.stream(chunks, options);

/** The same in arrays. @throws ParseError */
export const parseBatches = (chunks: Chunks, options?: StreamOptions): Batches<Flow> => flows.batches(chunks, options);

/** A stream of `conntrack -E` lines to events. @throws ParseError */
export const parseEvents = (chunks: Chunks, options?: StreamOptions): Records<FlowEvent> =>
  events.stream(chunks, options);

/** All flows of a text. @throws ParseError */
export const parseText = (text: string | Uint8Array, options?: ParseOptions): Flow[] => flows.text(text, options);

/** The flows of a text one after the other. @throws ParseError */
export const iterateText = (text: string | Uint8Array, options?: ParseOptions): Generator<Flow, Progress> =>
  flows.iterate(text, options);

/** The flow of one line. @throws ParseError */
export const parseLine = (line: string, options?: ParseOptions): Flow => oneFlow(flows, line, options);

/** A flow as one line, without its newline. */
export const formatFlow = (flow: Flow, options: LineFormatOptions): string => formatLine(flow, options);

/** An event as one line of `conntrack -E`. */
export const formatEvent = (event: FlowEvent, options: LineFormatOptions): string => formatLineEvent(event, options);

export { ParseError, type ParseErrorCode } from './error.js';
export type { ParseOptions, Progress, StreamOptions } from './options.js';
