import { type Expectation, type Flow, type FlowEventType, protocolOf } from '@conntrack/flow';
import { LineFault, type ReadString } from './string-reader.js';

// A JSON `Flow` a line, or a JSON event with a flow in it. Lines with another `type` (the end mark of a stream, a bookmark) say nothing.

type Check = (value: unknown) => boolean;
const isNumber: Check = value => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isText: Check = value => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check);

const ifThere =
  (check: Check): Check =>
  value =>
    value === undefined || check(value);
const fieldsAre =
  (fields: Readonly<Record<string, Check>>): Check =>
  value =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const all = (names: string, check: Check): Record<string, Check> =>
  Object.fromEntries(names.split(' ').map(name => [name, ifThere(check)]));

const isTuple = fieldsAre({
  src: isText,
  dst: isText,
  ...all('sport dport type code id srckey dstkey zone packets bytes', isNumber),
});
const isDirectional = fieldsAre(all('original reply', isNumber));

/** What the fields of a flow must be for the writers to rely on. */
const FLOW: Readonly<Record<string, Check>> = {
  family: value => value === 'ipv4' || value === 'ipv6',
  protonum: value => isNumber(value) && Number(value) < 256,
  original: isTuple,
  reply: isTuple,
  ...all('id timeout mark use zone secmark deltaTime portid', isNumber),
  ...all('protocol state secctx helper start stop progname key', isText),
  status: ifThere(isListOf(isText)),
  labels: ifThere(isListOf(value => isText(value) || isNumber(value))),
  extra: ifThere(isListOf(fieldsAre({ text: isText, after: isText }))),
  protoinfo: ifThere(fieldsAre({ ...all('vtag wscale', isDirectional), ...all('role', isText) })),
};

/** The same of an expectation. */
const EXPECTATION: Readonly<Record<string, Check>> = {
  family: FLOW.family!,
  protonum: FLOW.protonum!,
  tuple: isTuple,
  mask: ifThere(isTuple),
  master: ifThere(isTuple),
  ...all('id timeout zone class portid', isNumber),
  ...all('protocol helper fn progname', isText),
  flags: ifThere(isListOf(isText)),
  extra: FLOW.extra!,
};

const EVENTS = new Set<unknown>(['new', 'update', 'destroy']);

const reader =
  <T>(member: 'flow' | 'expectation', fields: Readonly<Record<string, Check>>): ReadString<T> =>
  line => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return new LineFault('JSON_EXPECTED', 0, 'a JSON object');
    }
    if (!isObject(value)) return new LineFault('JSON_EXPECTED', 0, 'a JSON object');
    const record = typeof value.type === 'string' ? value[member] : value;
    if (record === undefined) return null;
    if (!isObject(record)) return new LineFault('FIELD_EXPECTED', 0, `an object as '${member}'`);
    for (const [name, check] of Object.entries(fields))
      if (!check(record[name]))
        return new LineFault('FIELD_EXPECTED', Math.max(0, line.indexOf(`"${name}"`)), `a valid '${name}'`);
    record.protocol ??= protocolOf(Number(record.protonum)).name;
    return {
      record: record as T,
      event: EVENTS.has(value.type) ? (value.type as FlowEventType) : undefined,
      time: typeof value.time === 'string' ? value.time : undefined,
    };
  };

/** Reads NDJSON of flows. */
export const readNdjson: ReadString<Flow> = reader('flow', FLOW);
/** Reads NDJSON of expectations. */
export const readNdjsonExpectation: ReadString<Expectation> = reader('expectation', EXPECTATION);
