export { detectFormat } from './detect.js';
export { PARSE_ERROR_CODES, ParseError, type ParseErrorCode } from './error.js';
export {
  type ExpectationFormatOptions,
  formatExpectation,
  formatExpectationEvent,
  XML_EXPECT_FOOTER,
  XML_EXPECT_HEADER,
} from './expectation-write.js';
export {
  type ExpectationOptions,
  type ExpectationStreamOptions,
  parseExpectationEvents,
  parseExpectationEventText,
  parseExpectations,
  parseExpectationText,
} from './expectations.js';
export { formatEvent, formatFlow } from './format.js';
export type { DetectedFormat, FlowFormat, FormatOptions, TextFormat } from './formats.js';
export { formatCtime, parseCtime, type TimeZone } from './local-time.js';
export type { ParseOptions, Progress, StreamOptions } from './options.js';
export { iterateText, parse, parseBatches, parseEvents, parseEventText, parseLine, parseText } from './parse.js';
export {
  type CpuCounters,
  formatCount,
  formatProcStats,
  formatStats,
  parseCount,
  parseProcStats,
  parseStats,
} from './stats.js';
export type { ByteStream, Chunks, Records } from './stream.js';
export type { LineOptions } from './texts.js';
export { XML_FOOTER, XML_HEADER } from './xml-write.js';
