import type { Expectation, ExpectationEvent, FlowEventType } from '@conntrack/flow';
import { detectFormat } from './detect.js';
import { readExpectation } from './expectation-read.js';
import { readExpectationXml } from './expectation-xml.js';
import { EventReader } from './flow-reader.js';
import { MAX_LINE_LENGTH } from './lines.js';
import { readNdjsonExpectation } from './ndjson.js';
import type { ParseOptions, StreamOptions } from './options.js';
import { makeParsers } from './parsers.js';
import type { Chunks, Records } from './stream.js';
import { StringReader } from './string-reader.js';
import { TextReader } from './text-reader.js';
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

const records = /* @__PURE__ */ makeParsers<Expectation>(
  (options, take) => new TextReader<Expectation>(options, line => readerFor(line, options), TEXT, take),
);

const makeEvent = (type: FlowEventType, expectation: Expectation, time: string | undefined): ExpectationEvent =>
  time === undefined ? { type, expectation } : { type, expectation, time };

const events = /* @__PURE__ */ makeParsers<ExpectationEvent>((options, take) => {
  const choose = (line: string): EventReader<Expectation, ExpectationEvent> | undefined => {
    const reader = readerFor(line, options);
    return reader && new EventReader<Expectation, ExpectationEvent>(reader, makeEvent);
  };
  return new TextReader<ExpectationEvent>(options, choose, TEXT, take);
});

/** How a stream of expectations is read. */
export type ExpectationStreamOptions = ExpectationOptions & Pick<StreamOptions, 'signal'>;

/** A stream of expectations: of `conntrack -L expect`, `-E expect`, /proc/net/nf_conntrack_expect, XML or NDJSON. @throws ParseError */
export const parseExpectations = (chunks: Chunks, options?: ExpectationStreamOptions): Records<Expectation> =>
  records.stream(chunks, options);

/** All expectations of a text. @throws ParseError */
export const parseExpectationText = (text: string | Uint8Array, options?: ExpectationOptions): Expectation[] =>
  records.text(text, options);

/** A stream of `conntrack -E expect`. @throws ParseError, also for a line without an event. */
export const parseExpectationEvents = (chunks: Chunks, options?: ExpectationStreamOptions): Records<ExpectationEvent> =>
  events.stream(chunks, options);

/** All events of a text. @throws ParseError */
export const parseExpectationEventText = (
  text: string | Uint8Array,
  options?: ExpectationOptions,
): ExpectationEvent[] => events.text(text, options);
