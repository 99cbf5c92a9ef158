import { type Flow, findProtocol, protocolOf } from '@conntrack/flow';
import { parseIPv4, parseIPv6Into } from '@conntrack/flow/codec';
import { fail } from '../core/error.js';
import { eventOf } from '../core/event-type.js';
import type { ReadString, StringRecord } from '../core/string-reader.js';

// One JSON `Flow`, or one JSON event with a flow, per line. Lines with another `type` (the end mark of a stream, a bookmark) are skipped.

export type Check = (value: unknown) => boolean;
type Checks = Readonly<Record<string, Check>>;
export const isNumber: Check = value => Number.isSafeInteger(value) && (value as number) >= 0;
export const isText: Check = value => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isListOf =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check);

/** Returns the name of the first field that fails its check. */
const wrongField = (record: Record<string, unknown>, checks: Checks): string | undefined =>
  Object.keys(checks).find(name => !checks[name]!(record[name]));
export const fieldsAre =
  (checks: Checks): Check =>
  value =>
    isObject(value) && wrongField(value, checks) === undefined;
/** Checks for optional fields. */
export const optional = (names: readonly string[], check: Check): Checks =>
  Object.fromEntries(names.map(name => [name, value => value === undefined || check(value)]));

export const below =
  (end: number): Check =>
  value =>
    isNumber(value) && (value as number) < end;
const isU16 = /* @__PURE__ */ below(0x10000);
export const isU32 = /* @__PURE__ */ below(0x100000000);

const words = new Uint32Array(4);
export const isTuple = fieldsAre({
  src: isText,
  dst: isText,
  ...optional(['type', 'code'], below(0x100)),
  ...optional(['sport', 'dport', 'id', 'srckey', 'dstkey', 'zone'], isU16),
  ...optional(['packets', 'bytes'], isNumber),
});

/** Whether the addresses of a tuple are of the given family. */
const isOf = (family: unknown, tuple: unknown): boolean =>
  tuple === undefined ||
  [(tuple as Flow['original']).src, (tuple as Flow['original']).dst].every(address =>
    family === 'ipv4' ? parseIPv4(address) >= 0 : parseIPv6Into(words, 0, address),
  );

/** Returns the name of a field that is valid by itself but contradicts another field. */
export function contradiction({ family, protonum, protocol, ...record }: Record<string, unknown>): string | undefined {
  if (protocol !== undefined && findProtocol(protocol as string)?.number !== protonum) return 'protocol';
  return ['original', 'reply', 'tuple', 'mask', 'master'].find(name => {
    const tuple = record[name] as { family?: unknown } | undefined;
    return !isOf(tuple?.family ?? family, tuple);
  });
}

/** The checks that flows and expectations share. The writers rely on them. */
const BOTH: Checks = {
  family: value => value === 'ipv4' || value === 'ipv6',
  protonum: below(256),
  ...optional(['timeout'], isNumber),
  ...optional(['zone'], isU16),
  ...optional(['id', 'portid'], isU32),
  ...optional(['protocol', 'helper', 'progname'], isText),
  ...optional(['extra'], isListOf(fieldsAre({ text: isText, after: isText }))),
};

/**
 * Reads a JSON value, or a value made from another format, as a record: the value itself, or `member` of an event. `line` is the text in
 * which faults are located.
 */
type ReadValue<T> = (value: unknown, line: string) => StringRecord<T> | null;

/** Makes a reader of records from the checks of their fields. */
export const recordsOf = <T>(
  member: 'flow' | 'expectation',
  own: Checks,
  contradictionOf: (record: Record<string, unknown>) => string | undefined = contradiction,
): ReadValue<T> => {
  const checks = { ...BOTH, ...own };
  return (value, line) => {
    if (!isObject(value)) fail('JSON_EXPECTED', 0, 'a JSON object');
    const { type, time } = value;
    if (type === 'error') fail('JSON_EXPECTED', 0, `a complete list; the server stopped it: ${value.title}`);
    const record = isText(type) ? value[member] : value;
    if (record === undefined) return null;
    if (!isObject(record)) fail('FIELD_EXPECTED', 0, `an object as '${member}'`);
    if (record.family === undefined && record.protonum === undefined)
      fail('FIELD_EXPECTED', 0, `the fields of a ${member}, not ${Object.keys(record).slice(0, 8).join(', ')}`);
    const wrong = wrongField(record, checks) ?? contradictionOf(record);
    if (wrong !== undefined) fail('FIELD_EXPECTED', Math.max(0, line.indexOf(`"${wrong}"`)), `a valid '${wrong}'`);
    record.protocol ??= protocolOf(Number(record.protonum)).name;
    return { record: record as T, event: eventOf(type), time: isText(time) ? (time as string) : undefined };
  };
};

/** Makes a reader of one JSON record per line. */
export const jsonLines =
  <T>(read: ReadValue<T>): ReadString<T> =>
  line => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // Not JSON: `undefined` is not an object.
    }
    return read(value, line);
  };
