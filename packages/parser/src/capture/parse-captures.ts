import type { Flow, FlowEvent, FlowEventType } from '@conntrack/flow';
import { Fault, ParseError } from '../core/error.js';
import type { StreamOptions } from '../core/options.js';
import { makeParsers } from '../core/parsers.js';
import type { RecordReader } from '../core/record-reader.js';
import type { Batches, Chunks } from '../core/stream.js';
import { AnySplitter } from '../read/any-splitter.js';
import { CaptureReader, EXPECTED } from './capture-reader.js';
import { textOf } from './decompress.js';

/** One record of a capture: an entry of a table, or an event about one. */
export interface CaptureRecord {
  /** The entry. */
  flow: Flow;
  /** The type of the event, if the record is an event. */
  type?: FlowEventType;
  /** Time of the record in RFC 3339, if the text gives it. */
  time?: string;
}

/** Refuses updates and ends: in a list made from an event log, ended connections would look alive. */
const refuseEvents = (event: FlowEventType | undefined): Fault | undefined =>
  event === 'update' || event === 'destroy'
    ? new Fault(
        'ENTRY_EXPECTED',
        0,
        `an entry of a table, not ${event === 'update' ? 'an update' : 'the end'} of one`,
        'This is an event log (conntrack -E), not a table. Read it with captureEvents of @conntrack/parser/capture or the playground',
      )
    : undefined;

type Make<R> = (flow: Flow, reader: RecordReader<Flow>) => R | undefined;

/** Makes a reader of captures for one kind of records. It fails if no line of a text can be read. */
function captureParser<R>(
  make: Make<R>,
  refuse: (event: FlowEventType | undefined) => Fault | undefined,
): (chunks: Chunks, options?: StreamOptions) => Batches<R> {
  const { batches } = makeParsers<Flow, R>({
    choose: (_, options) => new CaptureReader(options, refuse),
    expected: EXPECTED,
    split: (take, maxLength, options) => new AnySplitter(take, maxLength, options),
    make,
  });
  return (chunks, options = {}) => {
    let first: ParseError | undefined;
    const onBadLine = (error: ParseError): void => {
      // A log without its updates and ends is not a table either.
      if (error.code === 'ENTRY_EXPECTED') throw error;
      first ??= error;
      options.onBadLine?.(error);
    };
    const source = batches(textOf(chunks, options.signal), { ...options, onBadLine });
    return {
      get lines() {
        return source.lines;
      },
      get badLines() {
        return source.badLines;
      },
      async *[Symbol.asyncIterator](): AsyncGenerator<R[], undefined> {
        let empty = true;
        for await (const batch of source) {
          empty = false;
          yield batch;
        }
        if (!empty || first === undefined) return;
        const { line, column, expected, text, hint } = first;
        const nothing = `No line of this text could be read (${source.badLines} bad)`;
        throw new ParseError(
          'NOTHING_READ',
          line,
          column,
          expected,
          text,
          hint === undefined ? nothing : `${hint}. ${nothing}`,
        );
      },
    };
  };
}

/**
 * Reads the entries of a capture, in arrays.
 *
 * Accepts everything that `@conntrack/parser/all` reads, Open vSwitch's `dpctl/dump-conntrack`, gzip and UTF-16. Accepts lines as other
 * programs change them: indented, quoted, coloured, wrapped, after a prompt, or with a line number, file name, time or syslog header in
 * front.
 *
 * Ambiguous text is an error that names it. Updates and ends of entries (from an event log) are errors too.
 *
 * @example
 * ```ts
 * import { captureBatches } from '@conntrack/parser/capture';
 *
 * const mail = ['> udp      17 29 src=192.0.2.1 dst=192.0.2.53 sport=5353 dport=53\n', '> src=192.0.2.53 dst=192.0.2.1 sport=53 dport=5353 mark=0 use=1\n'];
 * for await (const flows of captureBatches(mail)) console.log(flows[0].original.dst, flows[0].reply.sport); // 192.0.2.53 53
 * ```
 * @throws ParseError for the first bad line in strict mode; in both modes for an event log (ENTRY_EXPECTED) and if no line can be read (NOTHING_READ)
 */
export const captureBatches: (chunks: Chunks, options?: StreamOptions) => Batches<Flow> = /* @__PURE__ */ captureParser(
  flow => flow,
  refuseEvents,
);

/** Reads the events of a log, in arrays, in all forms that {@link captureBatches} accepts. @throws ParseError, also for a line without an event */
export const captureEvents: (chunks: Chunks, options?: StreamOptions) => Batches<FlowEvent> =
  /* @__PURE__ */ captureParser(
    (flow, { event: type, time }) => type && (time === undefined ? { type, flow } : { type, flow, time }),
    () => undefined,
  );

/** Reads both entries and events, in arrays, in all forms that {@link captureBatches} accepts. @throws ParseError */
export const captureRecords: (chunks: Chunks, options?: StreamOptions) => Batches<CaptureRecord> =
  /* @__PURE__ */ captureParser(
    (flow, { event: type, time }) => ({ flow, ...(type && { type }), ...(time !== undefined && { time }) }),
    () => undefined,
  );
