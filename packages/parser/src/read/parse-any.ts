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

/** A stream of text of any format to flows, see `parse` of `@conntrack/parser`. @throws ParseError */
export const parse: (chunks: Chunks, options?: StreamOptions) => Records<Flow> = flows.stream;

/** A stream of text of any format to arrays of some hundred flows. @throws ParseError */
export const parseBatches: (chunks: Chunks, options?: StreamOptions) => Batches<Flow> = flows.batches;

/** A stream of events of any format. @throws ParseError, also for a record without an event. */
export const parseEvents: (chunks: Chunks, options?: StreamOptions) => Records<FlowEvent> = events.stream;

/** All flows of a text of any format. @throws ParseError */
export const parseText: (text: string | Uint8Array, options?: ParseOptions) => Flow[] = flows.text;

/** All events of a text of any format. @throws ParseError */
export const parseEventText: (text: string | Uint8Array, options?: ParseOptions) => FlowEvent[] = events.text;

/** The flows of a text of any format one after the other, without holding all of them. @throws ParseError */
export const iterateText: (text: string | Uint8Array, options?: ParseOptions) => Generator<Flow, Progress> =
  flows.iterate;

/** The flow of one line of any format. @throws ParseError, also when the line has no flow (a header, an empty line). */
export const parseLine: (text: string, options?: ParseOptions) => Flow = line;
