import {
  type Flow,
  type FlowEventType,
  findProtocol,
  parseAddress,
  STATUS,
  type StatusName,
  statusMask,
  statusNames,
} from '@conntrack/flow';
import { FlowLineReader, PRINTED_NAMES } from './line.js';
import { LineFault, type ReadString } from './string-reader.js';
import { table } from './table.js';
import type { LineOptions } from './texts.js';
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
} from './token-line.js';
import { takeUserspace } from './userspace.js';

/** Each option of `conntrack -o save`: where its value stands on a line of `-L`, and behind which key. */
export const SAVE_OPTIONS = table<readonly [slot: Slot, key: string]>({
  '-t': [TIMEOUT_COLUMN, ''],
  '-c': [REST, 'secmark='],
  '-w': [REST, 'zone='],
  '--orig-zone': [REST, 'zone-orig='],
  '--reply-zone': [REST, 'zone-reply='],
  '-s': [ORIGINAL_TUPLE, 'src='],
  '-d': [ORIGINAL_TUPLE, 'dst='],
  '-r': [REPLY_TUPLE, 'src='],
  '-g': [REPLY_TUPLE, 'src='],
  '-q': [REPLY_TUPLE, 'dst='],
  '-n': [REPLY_TUPLE, 'dst='],
  '--sport': [ORIGINAL_TUPLE, 'sport='],
  '--dport': [ORIGINAL_TUPLE, 'dport='],
  '--reply-port-src': [REPLY_TUPLE, 'sport='],
  '--reply-port-dst': [REPLY_TUPLE, 'dport='],
  '--icmp-type': [ORIGINAL_TUPLE, 'type='],
  '--icmp-code': [ORIGINAL_TUPLE, 'code='],
  '--icmp-id': [ORIGINAL_TUPLE, 'id='],
  '--icmpv6-type': [ORIGINAL_TUPLE, 'type='],
  '--icmpv6-code': [ORIGINAL_TUPLE, 'code='],
  '--icmpv6-id': [ORIGINAL_TUPLE, 'id='],
  '--srckey': [ORIGINAL_TUPLE, 'srckey='],
  '--dstkey': [ORIGINAL_TUPLE, 'dstkey='],
  '--reply-key-src': [REPLY_TUPLE, 'srckey='],
  '--reply-key-dst': [REPLY_TUPLE, 'dstkey='],
  '--state': [STATE_COLUMN, ''],
});

/** The status that `-g` and `-n` tell: they stand in place of `-r` and `-q` where NAT changed the address. */
const NAT = table<number>({
  '-g': STATUS.DST_NAT | STATUS.DST_NAT_DONE,
  '-n': STATUS.SRC_NAT | STATUS.SRC_NAT_DONE,
});
/** The status bits that `-u` names, in the order in which conntrack(8) has them. */
export const SAVE_STATUS: readonly StatusName[] = ['SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT', 'EXPECTED'];
const COMMANDS = table<FlowEventType>({ '-A': 'new', '-U': 'update', '-D': 'destroy' });
const decimal = /^(?:0|[1-9]\d{0,9})$/;

/** Reads `-o save` lines, which `conntrack -R` takes. Mark, labels, helper and counters are not in them. */
export const readSave = (options: LineOptions): ReadString<Flow> => {
  const reader = new FlowLineReader(options);
  const limit = (options.maxPairs ?? 128) * 2;
  return line => {
    const { rest, ...userspace } = takeUserspace(line);
    const words = rest.split(' ');
    const event = COMMANDS[words[0]!];
    if (event === undefined) return new LineFault('OPTION_EXPECTED', 0, '-A, -U or -D');
    if (words.length > limit) return new LineFault('TOO_MANY_PAIRS', 0, `at most ${limit} words`);
    const tokens = new TokenLine();
    const seen = new Set<string>();
    const protoinfo: NonNullable<Flow['protoinfo']> = {};
    let status = 0;
    let at = 3;
    for (let i = 1; i < words.length; i += 2) {
      const option = words[i]!;
      const value = words[i + 1];
      const wrong = (expected: string): LineFault => new LineFault('OPTION_EXPECTED', at, expected);
      if (!value || seen.has(option)) return wrong('an option once, with its value');
      seen.add(option);
      const place = SAVE_OPTIONS[option];
      if (place !== undefined) {
        // GRE's keys are decimal here, hexadecimal there.
        const text = place[1].endsWith('key=') && decimal.test(value) ? `0x${Number(value).toString(16)}` : value;
        tokens.add(place[0], place[1] + text, at);
        status |= NAT[option] ?? 0;
        if (option === '-s') tokens.add(LAYER3, parseAddress(value)?.family === 'ipv6' ? 'ipv6 10' : 'ipv4 2', at);
      } else if (option === '-p') {
        const protocol = findProtocol(value);
        if (protocol === undefined) return wrong('a protocol');
        tokens.add(LAYER4, `${PRINTED_NAMES[protocol.number]} ${protocol.number}`, at);
      } else if (option === '-u') {
        const names = value === 'UNSET' ? [] : value.split(',');
        if (names.some(name => !SAVE_STATUS.includes(name as StatusName))) return wrong(`UNSET or of ${SAVE_STATUS}`);
        status |= statusMask(names);
      } else if (option === '--role' && (value === 'client' || value === 'server')) protoinfo.role = value;
      else if (/^--(?:orig|reply)-vtag$/.test(option) && decimal.test(value) && Number(value) <= 0xffffffff)
        protoinfo.vtag = { ...protoinfo.vtag, [option === '--orig-vtag' ? 'original' : 'reply']: Number(value) };
      else return wrong('an option of -o save and a right value');
      at += option.length + value.length + 2;
    }
    if (!seen.has('-p')) return new LineFault('PROTOCOL_EXPECTED', rest.length, '-p');
    const record = tokens.read(reader);
    if (record instanceof LineFault) return record;
    record.status = statusNames(status);
    if (Object.keys(protoinfo).length > 0) record.protoinfo = protoinfo;
    Object.assign(record, userspace);
    return { record, event };
  };
};
