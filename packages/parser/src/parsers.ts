import type { Flow, FlowEvent, FlowEventType } from '@conntrack/flow';
import { ParseError } from './error.js';
import { EventReader, type FlowReader } from './flow-reader.js';
import type { ParseOptions, Progress, StreamOptions } from './options.js';
import { Batches, type Chunks, piecesOf, type Records, Singles } from './stream.js';
import { TextReader } from './text-reader.js';

/** Flows or events out of text in every form that it may come in. */
export interface Parsers<T> {
  /** A stream, one by one. */
  stream(chunks: Chunks, options?: StreamOptions): Records<T>;
  /** A stream, in arrays. */
  batches(chunks: Chunks, options?: StreamOptions): Batches<T>;
  /** A whole text at hand. */
  text(text: string | Uint8Array, options?: ParseOptions): T[];
  /** A text at hand, without holding all of it. */
  iterate(text: string | Uint8Array, options?: ParseOptions): Generator<T, Progress>;
}

type Make<T> = (options: ParseOptions, take: (record: T) => void) => TextReader<T>;

/** The forms, from what makes a reader. */
export function makeParsers<T>(make: Make<T>): Parsers<T> {
  const batches = (chunks: Chunks, options: StreamOptions = {}): Batches<T> =>
    new Batches(chunks, options.signal, take => make(options, take));
  return {
    batches,
    stream: (chunks, options) => new Singles(batches(chunks, options)),
    text(text, options = {}) {
      const records: T[] = [];
      const reader = make(options, record => {
        records.push(record);
      });
      reader.push(text);
      reader.end();
      return records;
    },
    *iterate(text, options = {}) {
      let records: T[] = [];
      const reader = make(options, record => {
        records.push(record);
      });
      for (const piece of piecesOf(text)) {
        reader.push(piece);
        yield* records;
        records = [];
      }
      reader.end();
      yield* records;
      return { lines: reader.lines, badLines: reader.badLines };
    },
  };
}

/** Chooses a reader by the options and the first line. */
export type ChooseFlowReader = (options: ParseOptions, line: string) => FlowReader | undefined;

/** What is read of flows. `expected` stands in the error of a text of no known format. */
export const flowParsers = (choose: ChooseFlowReader, expected: string): Parsers<Flow> =>
  makeParsers((options, take) => new TextReader(options, line => choose(options, line), expected, take));

const makeEvent = (type: FlowEventType, flow: Flow, time: string | undefined): FlowEvent =>
  time === undefined ? { type, flow } : { type, flow, time };

/** The same of events. */
export const eventParsers = (choose: ChooseFlowReader, expected: string): Parsers<FlowEvent> =>
  makeParsers((options, take) => {
    const chooseEvents = (line: string): EventReader<Flow, FlowEvent> | undefined => {
      const reader = choose(options, line);
      return reader && new EventReader<Flow, FlowEvent>(reader, makeEvent);
    };
    return new TextReader(options, chooseEvents, expected, take);
  });

/** One line's flow. */
export function oneFlow(parsers: Parsers<Flow>, line: string, options: ParseOptions = {}): Flow {
  const [flow] = parsers.text(line, { ...options, mode: 'strict' });
  if (flow === undefined) throw new ParseError('TUPLE_EXPECTED', 1, 1, 'a flow', line);
  return flow;
}
