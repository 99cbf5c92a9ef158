/**
 * Parsers and writers for expectations: `conntrack -L expect`, `-E expect`, /proc/net/nf_conntrack_expect, XML and JSON.
 *
 * @module
 */

export { ParseError, type ParseErrorCode } from './core/error.js';
export {
  type ExpectationOptions,
  type ExpectationStreamOptions,
  parseExpectationEvents,
  parseExpectationEventText,
  parseExpectations,
  parseExpectationText,
} from './expectation/parse-expectations.js';
export {
  type ExpectationFormatOptions,
  formatExpectation,
  formatExpectationEvent,
  XML_EXPECT_FOOTER,
  XML_EXPECT_HEADER,
} from './expectation/write-expectation.js';
