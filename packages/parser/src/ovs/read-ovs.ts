import { type Flow, findProtocol, type ProtoInfo, STATUS, statusNames, type TcpFlag } from '@conntrack/flow';
import { MAX_LABEL, statusBit, TCP_FLAGS } from '@conntrack/flow/codec';
import { fail } from '../core/error.js';
import { rfc3339, timeIn } from '../core/local-time.js';
import type { LineOptions } from '../core/options.js';
import { printedName } from '../core/printed-name.js';
import { type ReadString, readNumber } from '../core/string-reader.js';
import { wordTable } from '../core/word-table.js';
import { FlowLineReader } from '../line/flow-line-reader.js';
import {
  LAYER3,
  LAYER4,
  ORIGINAL_TUPLE,
  REPLY_TUPLE,
  REST,
  type Slot,
  STATE_COLUMN,
  TIMEOUT_COLUMN,
  TokenLine,
} from '../line/token-line.js';

// Open vSwitch's `ovs-appctl dpctl/dump-conntrack`, with and without -s: fields separated by commas, some of them in parentheses.

/** The beginning of a line of Open vSwitch. */
export const OVS = /^[\w-]+,orig=\(/;

interface Field {
  name: string;
  value: string;
  /** Index of the value in the line. */
  at: number;
}

/** Splits `text`, which begins at index `from`, into fields. Commas inside parentheses belong to the value. */
function fieldsOf(text: string, from: number): Field[] {
  const fields: Field[] = [];
  const field = /(\w+)=(\([^()]*\)|[^,()]*)(?:,|$)/y;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const [, name, value] = field.exec(text) ?? fail('PAIR_EXPECTED', from + at, 'key=value');
    if (fields.some(other => other.name === name)) fail('PAIR_EXPECTED', from + at, `${name}= once`);
    fields.push({ name: name!, value: value!, at: from + at + name!.length + 1 });
  }
  return fields;
}

const inside = ({ value, at }: Field): Field[] =>
  value.startsWith('(') ? fieldsOf(value.slice(1, -1), at + 1) : fail('PAIR_EXPECTED', at, 'fields in parentheses');

const TUPLE: ReadonlySet<string> = new Set([
  'src',
  'dst',
  'sport',
  'dport',
  'type',
  'code',
  'id',
  'zone',
  'packets',
  'bytes',
]);
const SLOTS = wordTable<Slot>({ orig: ORIGINAL_TUPLE, reply: REPLY_TUPLE });

/** Open vSwitch's names of TCP states in its order, each with the kernel's name. */
const TCP_STATES = new Map([
  ['CLOSED', 'CLOSE'],
  ['LISTEN', 'LISTEN'],
  ['SYN_SENT', 'SYN_SENT'],
  ['SYN_RECV', 'SYN_RECV'],
  ['ESTABLISHED', 'ESTABLISHED'],
  ['CLOSE_WAIT', 'CLOSE_WAIT'],
  ['FIN_WAIT_1', 'FIN_WAIT'],
  ['CLOSING', 'LAST_ACK'],
  ['LAST_ACK', 'LAST_ACK'],
  ['FIN_WAIT_2', 'FIN_WAIT'],
  ['TIME_WAIT', 'TIME_WAIT'],
]);
const ORDER = [...TCP_STATES.keys()];

/** The bits of a status. Open vSwitch uses the names of old kernels. */
const statusOf = ({ value, at }: Field): number =>
  value.split('|').reduce((bits, name) => {
    const bit = name === 'UNTRACKED' ? STATUS.NAT_CLASH : statusBit(name);
    return (bits | (bit || fail('OPTION_EXPECTED', at, 'names of status bits'))) >>> 0;
  }, 0);

function labelsOf({ value, at }: Field): number[] {
  if (!/^0x[\da-f]{1,32}$/.test(value)) fail('NUMBER_EXPECTED', at, 'labels, 0x0 to 128 bits');
  const bits = BigInt(value);
  return Array.from({ length: MAX_LABEL + 1 }, (_, bit) => bit).filter(bit => (bits >> BigInt(bit)) & 1n);
}

function timeOf({ value, at }: Field, options: LineOptions): string {
  const micros = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,6}))?$/.exec(value);
  const time = timeIn(Date.parse(`${value.slice(0, 19)}Z`), options.timeZone ?? 'local');
  if (micros === null || Number.isNaN(time)) fail('NUMBER_EXPECTED', at, 'a local time, 2026-11-29T18:40:01.000');
  return rfc3339(time, micros[1]?.padEnd(6, '0'));
}

/** Reads what the tracker says: the state, and the members of `protoinfo`. */
function trackerOf(
  fields: readonly Field[],
  tcp: boolean,
): { state: Field | undefined; protoinfo: ProtoInfo | undefined } {
  let state: Field | undefined;
  const info: { -readonly [Member in keyof ProtoInfo]: ProtoInfo[Member] } = {};
  for (const field of fields) {
    const { name, value, at } = field;
    const [, what, end] =
      /^(state|wscale|flags|vtag)(?:_(orig|reply))?$/.exec(name) ?? fail('PAIR_EXPECTED', at, 'the tracker’s fields');
    const direction = end === 'orig' ? 'original' : 'reply';
    if (what === 'state') {
      // Each end has a state of its own; Open vSwitch itself shows the later one.
      if (tcp && !TCP_STATES.has(value)) fail('STATE_EXPECTED', at, `one of ${ORDER.join(', ')}`);
      if (state === undefined || ORDER.indexOf(value) > ORDER.indexOf(state.value)) state = field;
    } else if (end === undefined) fail('PAIR_EXPECTED', at, `${what}_orig or ${what}_reply`);
    else if (what === 'flags') {
      const flags = value.split('|').filter(flag => flag !== '');
      if (flags.some(flag => !(TCP_FLAGS as readonly string[]).includes(flag)))
        fail('OPTION_EXPECTED', at, 'names of TCP flags');
      info.flags = { ...info.flags, [direction]: flags as TcpFlag[] };
    } else {
      const number = readNumber(value, what === 'vtag' ? 0xffffffff : 0xff);
      if (number < 0) fail('NUMBER_EXPECTED', at, 'a number');
      const key = what as 'vtag' | 'wscale';
      info[key] = { ...info[key], [direction]: number };
    }
  }
  return {
    state: state && tcp ? { ...state, value: TCP_STATES.get(state.value)! } : state,
    protoinfo: Object.keys(info).length > 0 ? info : undefined,
  };
}

/** The original tuple of the master: the connection whose helper expected this one. */
function masterOf(field: Field): NonNullable<Flow['master']> {
  const master: Record<string, string | number> = {};
  for (const { name, value, at } of inside(field)) {
    const isAddress = name === 'src' || name === 'dst';
    const number = readNumber(value, 0xffff);
    if (!TUPLE.has(name) || (!isAddress && number < 0)) fail('PAIR_EXPECTED', at, 'a tuple');
    master[name] = isAddress ? value : number;
  }
  if (master.src === undefined || master.dst === undefined)
    fail('TUPLE_EXPECTED', field.at, 'src= and dst= of the parent');
  return master as unknown as NonNullable<Flow['master']>;
}

/** Makes a reader of `dpctl/dump-conntrack`. */
export const readOvs = (options: LineOptions): ReadString<Flow> => {
  const reader = new FlowLineReader(options);
  return line => {
    const comma = line.indexOf(',');
    const protocol = findProtocol(line.slice(0, Math.max(0, comma))) ?? fail('PROTOCOL_EXPECTED', 0, 'a protocol');
    const tokens = new TokenLine();
    const more: Partial<Flow> = {};
    tokens.add(LAYER4, `${printedName(protocol.number)} ${protocol.number}`, 0);
    for (const field of fieldsOf(line.slice(comma + 1), comma + 1)) {
      const { name, value, at } = field;
      const slot = SLOTS[name];
      if (slot !== undefined)
        for (const { name: key, value: text, at: place } of inside(field)) {
          if (!TUPLE.has(key)) fail('PAIR_EXPECTED', place, 'a field of a tuple');
          const ofDirection = slot === ORIGINAL_TUPLE ? 'zone-orig' : 'zone-reply';
          tokens.add(slot, `${key === 'zone' ? ofDirection : key}=${text}`, place);
          if (key === 'src' && slot === ORIGINAL_TUPLE)
            tokens.add(LAYER3, text.includes(':') ? 'ipv6 10' : 'ipv4 2', place);
        }
      else if (name === 'zone' || name === 'mark' || name === 'id' || name === 'helper')
        tokens.add(REST, `${name}=${value}`, at);
      else if (name === 'timeout') tokens.add(TIMEOUT_COLUMN, value, at);
      else if (name === 'status') more.status = statusNames(statusOf(field));
      else if (name === 'labels') more.labels = labelsOf(field);
      else if (name === 'start' || name === 'stop') more[name] = timeOf(field, options);
      else if (name === 'parent') more.master = masterOf(field);
      else if (name === 'protoinfo') {
        const { state, protoinfo } = trackerOf(inside(field), protocol.number === 6);
        if (state !== undefined) tokens.add(STATE_COLUMN, state.value, state.at);
        if (protoinfo !== undefined) more.protoinfo = protoinfo;
      } else fail('PAIR_EXPECTED', at - name.length - 1, 'a field of dpctl/dump-conntrack');
    }
    const { status: _, ...record } = tokens.read(reader);
    return { record: { ...record, ...more } };
  };
};
