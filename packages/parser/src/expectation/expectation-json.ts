import type { Expectation } from '@conntrack/flow';
import type { ReadString } from '../core/string-reader.js';
import { isListOf, isNumber, isText, isTuple, jsonLines, optional, recordsOf } from '../ndjson/record-checks.js';

/** Reads NDJSON of expectations. */
export const readNdjsonExpectation: ReadString<Expectation> = /* @__PURE__ */ jsonLines(
  recordsOf<Expectation>('expectation', {
    tuple: isTuple,
    ...optional(['mask', 'master'], isTuple),
    ...optional(['class'], isNumber),
    ...optional(['fn'], isText),
    ...optional(['flags'], isListOf(isText)),
  }),
);
