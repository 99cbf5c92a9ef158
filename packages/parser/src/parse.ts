import type { Flow, FlowEvent, FlowEventType } from '@conntrack/flow';
import { ParseError } from './error.js';
import { EventReader } from './flow-reader.js';
import type { ParseOptions, Progress, StreamOptions } from './options.js';
import { FLOW_TEXT, flowReaders } from './readers.js';
import { Batches, type Chunks, type Records, Singles } from './stream.js';
import { collect, TextReader } from './text-reader.js';

type Take<T> = (record: T) => void;

const flowsOf =
  (options: ParseOptions) =>
  (take: Take<Flow>): TextReader<Flow> =>
    new TextReader(options, flowReaders(options), FLOW_TEXT, take);

const makeEvent = (type: FlowEventType, flow: Flow, time: string | undefined): FlowEvent =>
  time === undefined ? { type, flow } : { type, flow, time };

const eventsOf =
  (options: ParseOptions) =>
  (take: Take<FlowEvent>): TextReader<FlowEvent> => {
    const choose = flowReaders(options);
    const chooseEvents = (line: string): EventReader<Flow, FlowEvent> | undefined => {
      const reader = choose(line);
      return reader && new EventReader<Flow, FlowEvent>(reader, makeEvent);
    };
    return new TextReader(options, chooseEvents, FLOW_TEXT, take);
  };

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
export const parse = (chunks: Chunks, options: StreamOptions = {}): Records<Flow> =>
  new Singles(parseBatches(chunks, options));

/** The same in arrays of some hundred flows: about twice as fast as one by one. @throws ParseError */
export const parseBatches = (chunks: Chunks, options: StreamOptions = {}): Batches<Flow> =>
  new Batches(chunks, options.signal, flowsOf(options));

/** A stream of `conntrack -E` lines (or `-o save`, `-o xml`, NDJSON events) to events. @throws ParseError, also for a line without an event. */
export const parseEvents = (chunks: Chunks, options: StreamOptions = {}): Records<FlowEvent> =>
  new Singles(new Batches(chunks, options.signal, eventsOf(options)));

/** All flows of a text, or of a buffer of UTF-8: the fastest form. @throws ParseError */
export const parseText = (text: string | Uint8Array, options: ParseOptions = {}): Flow[] =>
  collect(text, flowsOf(options));

/** All events of a text. @throws ParseError */
export const parseEventText = (text: string | Uint8Array, options: ParseOptions = {}): FlowEvent[] =>
  collect(text, eventsOf(options));

/** Bytes or characters that are read before what they gave is handed on. */
const PIECE = 1 << 16;

/** The flows of a text one after the other, without holding all of them. @throws ParseError */
export function* iterateText(text: string | Uint8Array, options: ParseOptions = {}): Generator<Flow, Progress> {
  let flows: Flow[] = [];
  const reader = flowsOf(options)(flow => {
    flows.push(flow);
  });
  for (let from = 0; from < text.length; from += PIECE) {
    reader.push(typeof text === 'string' ? text.slice(from, from + PIECE) : text.subarray(from, from + PIECE));
    yield* flows;
    flows = [];
  }
  reader.end();
  yield* flows;
  return { lines: reader.lines, badLines: reader.badLines };
}

/**
 * The flow of one line, of any of the formats.
 *
 * @throws ParseError, also when the line has no flow (a header, an empty line).
 */
export function parseLine(line: string, options: ParseOptions = {}): Flow {
  const [flow] = parseText(line, { ...options, mode: 'strict' });
  if (flow === undefined) throw new ParseError('TUPLE_EXPECTED', 1, 1, 'a flow', line);
  return flow;
}
