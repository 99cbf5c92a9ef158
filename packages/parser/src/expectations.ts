import type { Expectation, ExpectationEvent } from '@conntrack/flow';
import { readNdjsonExpectation } from './expectation-json.js';
import { readExpectation } from './expectation-read.js';
import { EXPECTATION_SHAPES } from './expectation-shapes.js';
import { readExpectationXml } from './expectation-xml.js';

import type { ParseOptions, StreamOptions } from './options.js';
import { makeParsers } from './parsers.js';
import { withoutPrefix } from './prefix.js';
import type { RecordReader } from './reader.js';
import { shapeOf } from './shapes.js';
import type { Chunks, Records } from './stream.js';
import { StringReader } from './string-reader.js';
import { XmlReader } from './xml-lines.js';

/** How expectations are read: as flows are, the format told from the first line. */
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

export { ParseError, type ParseErrorCode } from './error.js';
export {
  type ExpectationFormatOptions,
  formatExpectation,
  formatExpectationEvent,
  XML_EXPECT_FOOTER,
  XML_EXPECT_HEADER,
} from './expectation-write.js';
