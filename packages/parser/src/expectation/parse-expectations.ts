import type { Expectation, ExpectationEvent } from '@conntrack/flow';
import { withoutPrefix } from '../core/event-prefix.js';
import type { ParseOptions, StreamOptions } from '../core/options.js';
import { makeParsers } from '../core/parsers.js';
import type { RecordReader } from '../core/record-reader.js';
import type { Chunks, Records } from '../core/stream.js';
import { StringReader } from '../core/string-reader.js';
import { EXPECTATION_SHAPES } from '../detect/expectation-shapes.js';
import { shapeOf } from '../detect/flow-shapes.js';
import { XmlReader } from '../xml/xml-reader.js';
import { readNdjsonExpectation } from './expectation-json.js';
import { readExpectationXml } from './expectation-xml.js';
import { readExpectation } from './read-expectation.js';

/** Options for reading expectations. The format is detected from the first line. */
export type ExpectationOptions = Omit<ParseOptions, 'format' | 'labelMap'>;

function choose(line: string, options: ExpectationOptions): RecordReader<Expectation> | undefined {
  switch (shapeOf(EXPECTATION_SHAPES, withoutPrefix(line))) {
    case 'expectations':
    case 'proc_expectations':
      return new StringReader(readExpectation(options));
    case 'xml':
      return new XmlReader(options, readExpectationXml(options));
    case 'ndjson':
      return new StringReader(readNdjsonExpectation);
    default:
      return undefined;
  }
}

const kind = { choose, expected: 'expectations: conntrack -L expect, /proc/net/nf_conntrack_expect, XML or NDJSON' };
const records = /* @__PURE__ */ makeParsers<Expectation, Expectation>({ ...kind, make: expectation => expectation });
const events = /* @__PURE__ */ makeParsers<Expectation, ExpectationEvent>({
  ...kind,
  make: (expectation, { event: type, time }) =>
    type && (time === undefined ? { type, expectation } : { type, expectation, time }),
});

/** Options for reading a stream of expectations. */
export type ExpectationStreamOptions = ExpectationOptions & Pick<StreamOptions, 'signal'>;

/** Reads a stream of expectations: `conntrack -L expect`, `-E expect`, /proc/net/nf_conntrack_expect, XML or NDJSON. @throws ParseError */
export const parseExpectations = (chunks: Chunks, options?: ExpectationStreamOptions): Records<Expectation> =>
  records.stream(chunks, options);

/** Reads all expectations of a text. @throws ParseError */
export const parseExpectationText = (text: string | Uint8Array, options?: ExpectationOptions): Expectation[] =>
  records.text(text, options);

/** Reads a stream of `conntrack -E expect`. @throws ParseError, also for a line without an event */
export const parseExpectationEvents = (chunks: Chunks, options?: ExpectationStreamOptions): Records<ExpectationEvent> =>
  events.stream(chunks, options);

/** Reads all expectation events of a text. @throws ParseError */
export const parseExpectationEventText = (
  text: string | Uint8Array,
  options?: ExpectationOptions,
): ExpectationEvent[] => events.text(text, options);
