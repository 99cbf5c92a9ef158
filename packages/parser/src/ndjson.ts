import { type Flow, protocolOf } from '@conntrack/flow';
import { fail } from './error.js';
import { eventOf } from './event-type.js';
import type { ReadString } from './string-reader.js';

// A JSON `Flow` a line, or a JSON event with a flow in it. Lines with another `type` (the end mark of a stream, a bookmark) say nothing.

type Check = (value: unknown) => boolean;
type Checks = Readonly<Record<string, Check>>;
export const isNumber: Check = value => Number.isSafeInteger(value) && (value as number) >= 0;
export const isText: Check = value => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isListOf =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check);

/** The field that is not as it should be. */
const wrongField = (record: Record<string, unknown>, checks: Checks): string | undefined =>
  Object.keys(checks).find(name => !checks[name]!(record[name]));
const fieldsAre =
  (checks: Checks): Check =>
  value =>
    isObject(value) && wrongField(value, checks) === undefined;
/** Fields that may be absent. */
export const optional = (names: string, check: Check): Checks =>
  Object.fromEntries(names.split(' ').map(name => [name, value => value === undefined || check(value)]));

export const isTuple = fieldsAre({
  src: isText,
  dst: isText,
  ...optional('sport dport type code id srckey dstkey zone packets bytes', isNumber),
});

/** What a flow's and an expectation's fields must be for the writers to rely on. */
const BOTH: Checks = {
  family: value => value === 'ipv4' || value === 'ipv6',
  protonum: value => isNumber(value) && (value as number) < 256,
  ...optional('id timeout zone portid', isNumber),
  ...optional('protocol helper progname', isText),
  ...optional('extra', isListOf(fieldsAre({ text: isText, after: isText }))),
};

/** Reads records: as they are, or as `member` of an event. */
export const readRecords = <T>(member: 'flow' | 'expectation', own: Checks): ReadString<T> => {
  const checks = { ...BOTH, ...own };
  return line => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // No JSON is no object.
    }
    if (!isObject(value)) fail('JSON_EXPECTED', 0, 'a JSON object');
    const { type, time } = value;
    const record = isText(type) ? value[member] : value;
    if (record === undefined) return null;
    if (!isObject(record)) fail('FIELD_EXPECTED', 0, `an object as '${member}'`);
    const wrong = wrongField(record, checks);
    if (wrong !== undefined) fail('FIELD_EXPECTED', Math.max(0, line.indexOf(`"${wrong}"`)), `a valid '${wrong}'`);
    record.protocol ??= protocolOf(Number(record.protonum)).name;
    return { record: record as T, event: eventOf(type), time: isText(time) ? (time as string) : undefined };
  };
};

/** Reads NDJSON of flows. */
export const readNdjson: ReadString<Flow> = /* @__PURE__ */ readRecords('flow', {
  original: isTuple,
  reply: isTuple,
  ...optional('mark use secmark', isNumber),
  ...optional('deltaTime', Number.isSafeInteger),
  ...optional('state secctx start stop key', isText),
  ...optional('status', isListOf(isText)),
  ...optional(
    'labels',
    isListOf(value => isText(value) || isNumber(value)),
  ),
  ...optional(
    'protoinfo',
    fieldsAre({
      ...optional('vtag wscale', fieldsAre(optional('original reply', isNumber))),
      ...optional('role', isText),
    }),
  ),
});
