import type { Flow, FlowEvent } from '@conntrack/flow';
import { flowParsers } from '../core/flow-parsers.js';
import type { ParseOptions, Progress, StreamOptions } from '../core/options.js';
import type { Batches, Chunks, Records } from '../core/stream.js';
import { chooseFlowReader } from './flow-readers.js';

const { flows, events, line } = /* @__PURE__ */ flowParsers({
  choose: chooseFlowReader,
  expected:
    'flows: /proc/net/nf_conntrack, conntrack(8) or NDJSON; @conntrack/parser/all reads -o save, XML, JSON documents and CSV',
});

/**
 * Reads a stream of text; yields flows. Of events, it yields the flow. Memory use is constant: only one line and the flows of one piece are
 * kept.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 * import { parse } from '@conntrack/parser';
 *
 * for await (const flow of parse(createReadStream('/proc/net/nf_conntrack'))) console.log(flow.original.src);
 * ```
 * @throws ParseError for the first bad line in strict mode; the signal's reason when it is aborted
 */
export const parse: (chunks: Chunks, options?: StreamOptions) => Records<Flow> = flows.stream;

/** Reads a stream of text; yields arrays of some hundred flows, which is faster than one by one. @throws ParseError */
export const parseBatches: (chunks: Chunks, options?: StreamOptions) => Batches<Flow> = flows.batches;

/** Reads a stream of `conntrack -E` lines (or NDJSON events); yields events. @throws ParseError, also for a line without an event */
export const parseEvents: (chunks: Chunks, options?: StreamOptions) => Records<FlowEvent> = events.stream;

/** Reads all flows of a text, or of a buffer with UTF-8. @throws ParseError */
export const parseText: (text: string | Uint8Array, options?: ParseOptions) => Flow[] = flows.text;

/** Reads all events of a text. @throws ParseError */
export const parseEventText: (text: string | Uint8Array, options?: ParseOptions) => FlowEvent[] = events.text;

/** Reads a text; yields its flows one by one, without keeping them: the fastest form. @throws ParseError */
export const iterateText: (text: string | Uint8Array, options?: ParseOptions) => Generator<Flow, Progress> =
  flows.iterate;

/** Reads the flow of one line, in any of the formats. @throws ParseError, also if the line has no flow (a header, an empty line) */
export const parseLine: (text: string, options?: ParseOptions) => Flow = line;
