export { ParseError, type ParseErrorCode } from './error.js';
export type { DocumentFormat, FlowFormat } from './formats.js';
export type { TimeZone } from './local-time.js';
export type { ParseOptions, Progress, ReadFormat, StreamOptions } from './options.js';
export { iterateText, parse, parseBatches, parseEvents, parseEventText, parseLine, parseText } from './parse.js';
export type { Batches, ByteStream, Chunks, Records } from './stream.js';
export type { LineOptions } from './texts.js';
