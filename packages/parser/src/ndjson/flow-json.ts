import { type Flow, stateNumber } from '@conntrack/flow';
import { statusBit } from '@conntrack/flow/codec';
import { parseNanoseconds } from '@conntrack/flow/text';
import type { ReadString } from '../core/string-reader.js';
import {
  below,
  type Check,
  contradiction,
  fieldsAre,
  isListOf,
  isNumber,
  isText,
  isTuple,
  isU32,
  jsonLines,
  optional,
  recordsOf,
} from './record-checks.js';

const isTime: Check = value => isText(value) && parseNanoseconds(value as string) !== undefined;

/** Reads a value as a flow, or as an event with a flow. */
const readValue = /* @__PURE__ */ recordsOf<Flow>(
  'flow',
  {
    original: isTuple,
    reply: isTuple,
    ...optional(['mark', 'use', 'secmark'], isU32),
    ...optional(['deltaTime'], Number.isSafeInteger),
    ...optional(['state', 'secctx', 'key'], isText),
    ...optional(['start', 'stop', 'firstSeen'], isTime),
    ...optional(['rate'], fieldsAre(optional(['original', 'reply'], isNumber))),
    ...optional(
      ['status'],
      isListOf(value => isText(value) && statusBit(value as string) !== 0),
    ),
    ...optional(['master'], isTuple),
    ...optional(
      ['labels'],
      isListOf(value => isText(value) || below(128)(value)),
    ),
    ...optional(
      ['protoinfo'],
      fieldsAre({
        ...optional(['vtag', 'wscale'], fieldsAre(optional(['original', 'reply'], isNumber))),
        ...optional(['role'], isText),
      }),
    ),
  },
  // A state without a name is its number as text.
  record =>
    record.state !== undefined && stateNumber(record.protonum as number, record.state as string) < 0
      ? 'state'
      : contradiction(record),
);

/** Reads NDJSON of flows. */
export const readNdjson: ReadString<Flow> = /* @__PURE__ */ jsonLines(readValue);

/** Checks the fields of a flow that was made from another format, and returns the flow. Throws a `Fault`. */
export const checkedFlow = (record: Record<string, unknown>, line: string): Flow => readValue(record, line)!.record;
