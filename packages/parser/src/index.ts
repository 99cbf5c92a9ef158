export { formatCtime, parseCtime, type TimeZone } from './ctime.js';
export { detectFormat } from './detect.js';
export { PARSE_ERROR_CODES, ParseError, type ParseErrorCode } from './error.js';
export { formatEvent, formatFlow } from './format.js';
export type { DetectedFormat, FlowFormat, FormatOptions, TextFormat } from './formats.js';
export type { ParseOptions, Progress, StreamOptions } from './options.js';
export { iterateText, parse, parseBatches, parseEvents, parseEventText, parseLine, parseText } from './parse.js';
export type { ByteStream, Chunks, Records } from './stream.js';
