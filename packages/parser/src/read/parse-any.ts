import type { Flow, FlowEvent } from '@conntrack/flow';
import { flowParsers } from '../core/flow-parsers.js';
import type { ParseOptions, Progress, StreamOptions } from '../core/options.js';
import type { Batches, Chunks, Records } from '../core/stream.js';
import { chooseAnyReader } from './all-readers.js';
import { AnySplitter } from './any-splitter.js';

const { flows, events, line } = /* @__PURE__ */ flowParsers({
  choose: chooseAnyReader,
  expected: 'flows: /proc/net/nf_conntrack, conntrack(8), -o save, -o xml, NDJSON, a JSON array or page, or CSV',
  split: (take, maxLength, options) => new AnySplitter(take, maxLength, options),
});

/** Reads a stream of text in any format; yields flows. See `parse` of `@conntrack/parser`. @throws ParseError */
export const parse: (chunks: Chunks, options?: StreamOptions) => Records<Flow> = flows.stream;

/** Reads a stream of text in any format; yields arrays of some hundred flows. @throws ParseError */
export const parseBatches: (chunks: Chunks, options?: StreamOptions) => Batches<Flow> = flows.batches;

/** Reads a stream of events in any format. @throws ParseError, also for a record without an event */
export const parseEvents: (chunks: Chunks, options?: StreamOptions) => Records<FlowEvent> = events.stream;

/** Reads all flows of a text in any format. @throws ParseError */
export const parseText: (text: string | Uint8Array, options?: ParseOptions) => Flow[] = flows.text;

/** Reads all events of a text in any format. @throws ParseError */
export const parseEventText: (text: string | Uint8Array, options?: ParseOptions) => FlowEvent[] = events.text;

/** Reads a text in any format; yields its flows one by one, without keeping them. @throws ParseError */
export const iterateText: (text: string | Uint8Array, options?: ParseOptions) => Generator<Flow, Progress> =
  flows.iterate;

/** Reads the flow of one line in any format. @throws ParseError, also if the line has no flow (a header, an empty line) */
export const parseLine: (text: string, options?: ParseOptions) => Flow = line;
