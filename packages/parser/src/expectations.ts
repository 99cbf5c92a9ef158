import type { Expectation, ExpectationEvent } from '@conntrack/flow';
import { detectFormat } from './detect.js';
import { readExpectation } from './expectation-read.js';
import { readExpectationXml } from './expectation-xml.js';
import { EventReader, type RecordReader } from './flow-reader.js';
import { MAX_LINE_LENGTH } from './lines.js';
import { readNdjsonExpectation } from './ndjson.js';
import type { ParseOptions, StreamOptions } from './options.js';
import { Batches, type Chunks, type Records, Singles } from './stream.js';
import { StringReader } from './string-reader.js';
import { collect, TextReader } from './text-reader.js';
import { XmlLines } from './xml-lines.js';

const TEXT = 'expectations: conntrack -L expect, /proc/net/nf_conntrack_expect, XML or NDJSON';

/** How expectations are read: as flows are, the format told from the first line. */
export type ExpectationOptions = Omit<ParseOptions, 'format' | 'xmlStates' | 'labelMap'>;

function readerFor(line: string, options: ExpectationOptions): StringReader<Expectation> | undefined {
  switch (detectFormat(line)?.format) {
    case 'expectations':
    case 'proc_expectations':
      return new StringReader(readExpectation(options));
    case 'xml': {
      const elements = new XmlLines(options, options.maxLineLength ?? MAX_LINE_LENGTH, readExpectationXml(options));
      return new StringReader(elements.read, () => elements.finish());
    }
    case 'ndjson':
      return new StringReader(readNdjsonExpectation);
    default:
      return undefined;
  }
}

const recordsOf =
  (options: ExpectationOptions) =>
  (take: (expectation: Expectation) => void): TextReader<Expectation> =>
    new TextReader<Expectation>(options, line => readerFor(line, options), TEXT, take);

const eventsOf =
  (options: ExpectationOptions) =>
  (take: (event: ExpectationEvent) => void): TextReader<ExpectationEvent> =>
    new TextReader<ExpectationEvent>(
      options,
      (line): RecordReader<ExpectationEvent> | undefined => {
        const reader = readerFor(line, options);
        return (
          reader &&
          new EventReader<Expectation, ExpectationEvent>(reader, (type, expectation, time) =>
            time === undefined ? { type, expectation } : { type, expectation, time },
          )
        );
      },
      TEXT,
      take,
    );

/** A stream of expectations: of `conntrack -L expect`, `-E expect`, /proc/net/nf_conntrack_expect, XML or NDJSON. @throws ParseError */
export const parseExpectations = (
  chunks: Chunks,
  options: ExpectationOptions & Pick<StreamOptions, 'signal'> = {},
): Records<Expectation> => new Singles(new Batches(chunks, options.signal, recordsOf(options)));

/** All expectations of a text. @throws ParseError */
export const parseExpectationText = (text: string | Uint8Array, options: ExpectationOptions = {}): Expectation[] =>
  collect(text, recordsOf(options));

/** A stream of `conntrack -E expect`. @throws ParseError, also for a line without an event. */
export const parseExpectationEvents = (
  chunks: Chunks,
  options: ExpectationOptions & Pick<StreamOptions, 'signal'> = {},
): Records<ExpectationEvent> => new Singles(new Batches(chunks, options.signal, eventsOf(options)));

/** All events of a text. @throws ParseError */
export const parseExpectationEventText = (
  text: string | Uint8Array,
  options: ExpectationOptions = {},
): ExpectationEvent[] => collect(text, eventsOf(options));
