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
 * A stream of text to flows. Memory stays flat: no more than a line and one piece's flows are held. Of event lines the flows are given.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 * import { parse } from '@conntrack/parser';
 *
 * for await (const flow of parse(createReadStream('/proc/net/nf_conntrack'))) console.log(flow.original.src);
 * ```
 * @throws ParseError for the first bad line in strict mode; the signal's reason when it is aborted.
 */
export const parse: (chunks: Chunks, options?: StreamOptions) => Records<Flow> = flows.stream;

/** A stream of text to arrays of some hundred flows, which is faster than one by one. @throws ParseError */
export const parseBatches: (chunks: Chunks, options?: StreamOptions) => Batches<Flow> = flows.batches;

/** A stream of `conntrack -E` lines (or NDJSON events) to events. @throws ParseError, also for a line without an event. */
export const parseEvents: (chunks: Chunks, options?: StreamOptions) => Records<FlowEvent> = events.stream;

/** All flows of a text, or of a buffer of UTF-8. @throws ParseError */
export const parseText: (text: string | Uint8Array, options?: ParseOptions) => Flow[] = flows.text;

/** All events of a text. @throws ParseError */
export const parseEventText: (text: string | Uint8Array, options?: ParseOptions) => FlowEvent[] = events.text;

/** The flows of a text one after the other, without holding all of them: the fastest form. @throws ParseError */
export const iterateText: (text: string | Uint8Array, options?: ParseOptions) => Generator<Flow, Progress> =
  flows.iterate;

/** The flow of one line, of any of the formats. @throws ParseError, also when the line has no flow (a header, an empty line). */
export const parseLine: (text: string, options?: ParseOptions) => Flow = line;
