import type { Expectation } from '@conntrack/flow';
import { isListOf, isNumber, isText, isTuple, jsonLines, optional, recordsOf } from './ndjson.js';
import type { ReadString } from './string-reader.js';

/** Reads NDJSON of expectations. */
export const readNdjsonExpectation: ReadString<Expectation> = /* @__PURE__ */ jsonLines(
  recordsOf<Expectation>('expectation', {
    tuple: isTuple,
    ...optional('mask master', isTuple),
    ...optional('class', isNumber),
    ...optional('fn', isText),
    ...optional('flags', isListOf(isText)),
  }),
);
