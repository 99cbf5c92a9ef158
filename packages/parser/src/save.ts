import {
  type Flow,
  type FlowEventType,
  type FlowTuple,
  findProtocol,
  parseAddress,
  protocolOf,
  type StatusName,
} from '@conntrack/flow';
import { LineFault, type ReadString, readNumber, type StringRecord } from './string-reader.js';
import { table } from './table.js';
import type { LineOptions } from './texts.js';

// `conntrack -o save`: lines that `conntrack -R` takes. Mark, labels, helper and counters are not in them.

type TupleField = 'sport' | 'dport' | 'type' | 'code' | 'id' | 'srckey' | 'dstkey' | 'zone';
type Where = 'original' | 'reply';

/** Options with a number of a tuple, by the protocols' kind that has them. In the order in which they are written. */
const NUMBERS = table<readonly [Where, TupleField, number]>({
  '--orig-zone': ['original', 'zone', 0xffff],
  '--reply-zone': ['reply', 'zone', 0xffff],
  '--sport': ['original', 'sport', 0xffff],
  '--dport': ['original', 'dport', 0xffff],
  '--reply-port-src': ['reply', 'sport', 0xffff],
  '--reply-port-dst': ['reply', 'dport', 0xffff],
  '--icmp-type': ['original', 'type', 0xff],
  '--icmp-code': ['original', 'code', 0xff],
  '--icmp-id': ['original', 'id', 0xffff],
  '--icmpv6-type': ['original', 'type', 0xff],
  '--icmpv6-code': ['original', 'code', 0xff],
  '--icmpv6-id': ['original', 'id', 0xffff],
  '--srckey': ['original', 'srckey', 0xffff],
  '--dstkey': ['original', 'dstkey', 0xffff],
  '--reply-key-src': ['reply', 'srckey', 0xffff],
  '--reply-key-dst': ['reply', 'dstkey', 0xffff],
});
/** Addresses, and the status that `-g` and `-n` tell: they stand in place of `-r` and `-q` where NAT changed the address. */
const ADDRESSES = table<readonly [Where, 'src' | 'dst', readonly StatusName[]]>({
  '-s': ['original', 'src', []],
  '-d': ['original', 'dst', []],
  '-r': ['reply', 'src', []],
  '-g': ['reply', 'src', ['DST_NAT', 'DST_NAT_DONE']],
  '-q': ['reply', 'dst', []],
  '-n': ['reply', 'dst', ['SRC_NAT', 'SRC_NAT_DONE']],
});
const FLOW_NUMBERS = table<readonly ['timeout' | 'secmark' | 'zone', number]>({
  '-t': ['timeout', Number.MAX_SAFE_INTEGER],
  '-c': ['secmark', 0xffffffff],
  '-w': ['zone', 0xffff],
});
/** The status bits that `-u` names, in the order of their values as conntrack(8) has them. */
const STATUSES: readonly StatusName[] = ['SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT', 'EXPECTED'];
const COMMANDS = table<FlowEventType>({ '-A': 'new', '-U': 'update', '-D': 'destroy' });

const SUFFIX = /^ \[USERSPACE\] portid=(\d+)(?: progname=(.*))?$/;

/** Writes `[USERSPACE] portid=…` behind a line, where a flow has it. */
export const userspaceText = (flow: { portid?: number; progname?: string }): string =>
  flow.portid === undefined
    ? ''
    : ` [USERSPACE] portid=${flow.portid}${flow.progname === undefined ? '' : ` progname=${flow.progname}`}`;

/** Takes such a suffix off. */
export function takeUserspace(line: string): { rest: string; portid?: number; progname?: string } {
  const at = line.indexOf(' [USERSPACE] ');
  const match = at < 0 ? null : SUFFIX.exec(line.slice(at));
  const portid = readNumber(match?.[1], 0xffffffff);
  if (match === null || portid < 0) return { rest: line };
  return { rest: line.slice(0, at), portid, ...(match[2] !== undefined && { progname: match[2] }) };
}

/** What has been read of a line. */
interface Draft {
  flow: Partial<Flow>;
  original: Partial<FlowTuple>;
  reply: Partial<FlowTuple>;
  status: Set<StatusName>;
  seen: Set<string>;
}

/** Takes one option into the draft; answers what its value should have been when it is wrong. */
function takeOption(draft: Draft, option: string, value: string): string | undefined {
  const number = NUMBERS[option];
  if (number !== undefined) {
    const [where, field, max] = number;
    const read = readNumber(value, max);
    draft[where][field] = read;
    return read < 0 ? `a number, 0 to ${max}` : undefined;
  }
  const address = ADDRESSES[option];
  if (address !== undefined) {
    const [where, field, status] = address;
    const read = parseAddress(value);
    if (read === undefined || value.startsWith('[') || (draft.flow.family ?? read.family) !== read.family)
      return 'an address of one family';
    draft.flow.family = read.family;
    draft[where][field] = value;
    for (const name of status) draft.status.add(name);
    return undefined;
  }
  const own = FLOW_NUMBERS[option];
  if (own !== undefined) {
    const read = readNumber(value, own[1]);
    draft.flow[own[0]] = read;
    return read < 0 ? `a number, 0 to ${own[1]}` : undefined;
  }
  switch (option) {
    case '-u':
      if (value !== 'UNSET')
        for (const name of value.split(',')) {
          if (!(STATUSES as readonly string[]).includes(name)) return `UNSET, or of ${STATUSES.join(', ')}`;
          draft.status.add(name as StatusName);
        }
      return undefined;
    case '-p': {
      const protocol = findProtocol(value);
      if (protocol === undefined) return 'a protocol';
      draft.flow.protonum = protocol.number;
      draft.flow.protocol = protocol.name;
      return undefined;
    }
    case '--state':
      draft.flow.state = value;
      return undefined;
    case '--role':
      if (value !== 'client' && value !== 'server') return 'client or server';
      draft.flow.protoinfo = { role: value };
      return undefined;
    case '--orig-vtag':
    case '--reply-vtag': {
      const read = readNumber(value, 0xffffffff);
      const direction = option === '--orig-vtag' ? 'original' : 'reply';
      draft.flow.protoinfo = { vtag: { ...draft.flow.protoinfo?.vtag, [direction]: read } };
      return read < 0 ? 'a number, 0 to 4294967295' : undefined;
    }
    default:
      return 'an option of -o save';
  }
}

/** Reads `-o save` lines. */
export const readSave =
  (options: LineOptions): ReadString<Flow> =>
  (line): StringRecord<Flow> | LineFault => {
    const { rest, ...userspace } = takeUserspace(line);
    const words = rest.split(' ');
    const limit = options.maxPairs ?? 128;
    if (words.length / 2 > limit) return new LineFault('TOO_MANY_PAIRS', 0, `at most ${limit} options`);
    const event = COMMANDS[words[0]!];
    if (event === undefined) return new LineFault('OPTION_EXPECTED', 0, '-A, -U or -D');
    const draft: Draft = { flow: {}, original: {}, reply: {}, status: new Set(), seen: new Set() };
    let at = words[0]!.length + 1;
    for (let i = 1; i < words.length; i += 2) {
      const option = words[i]!;
      const value = words[i + 1];
      const wrong =
        value === undefined || value === '' || draft.seen.has(option)
          ? 'an option once, with its value'
          : takeOption(draft, option, value);
      if (wrong !== undefined) return new LineFault('OPTION_EXPECTED', at, wrong);
      draft.seen.add(option);
      at += option.length + value!.length + 2;
    }
    const { family, protonum } = draft.flow;
    for (const where of ['original', 'reply'] as const)
      if (draft[where].src === undefined || draft[where].dst === undefined)
        return new LineFault(
          'TUPLE_EXPECTED',
          rest.length,
          where === 'original' ? '-s and -d' : '-r or -g, and -q or -n',
        );
    if (family === undefined || protonum === undefined) return new LineFault('PROTOCOL_EXPECTED', rest.length, '-p');
    const flow: Flow = {
      family,
      protonum,
      protocol: draft.flow.protocol!,
      original: draft.original as FlowTuple,
      reply: draft.reply as FlowTuple,
      ...draft.flow,
      status: [...draft.status],
      ...userspace,
    };
    return { record: flow, event };
  };

const tupleOptions = (flow: Flow, options: readonly string[]): string => {
  let text = '';
  for (const option of options) {
    const [where, field] = NUMBERS[option]!;
    const value = flow[where][field];
    if (value !== undefined) text += ` ${option} ${value}`;
  }
  return text;
};

const PORTS = ['--sport', '--dport', '--reply-port-src', '--reply-port-dst'];
const KEYS = ['--srckey', '--dstkey', '--reply-key-src', '--reply-key-dst'];
const ICMP = ['--icmp-type', '--icmp-code', '--icmp-id'];
const ICMPV6 = ['--icmpv6-type', '--icmpv6-code', '--icmpv6-id'];

function layer4Options(flow: Flow): string {
  const kind = protocolOf(flow.protonum).kind;
  let text =
    kind === 'ports'
      ? tupleOptions(flow, PORTS)
      : kind === 'keys'
        ? tupleOptions(flow, KEYS)
        : kind === 'icmp'
          ? tupleOptions(flow, flow.protonum === 58 ? ICMPV6 : ICMP)
          : '';
  if (flow.state !== undefined) text += ` --state ${flow.state}`;
  const { vtag, role } = flow.protoinfo ?? {};
  if (vtag?.original !== undefined) text += ` --orig-vtag ${vtag.original}`;
  if (vtag?.reply !== undefined) text += ` --reply-vtag ${vtag.reply}`;
  return role === undefined ? text : `${text} --role ${role}`;
}

/** A flow as an `-o save` line. */
export function formatSave(flow: Flow, event: FlowEventType = 'new'): string {
  const { original, reply, protonum } = flow;
  const status = flow.status ?? [];
  const command = event === 'new' ? '-A' : event === 'update' ? '-U' : '-D';
  let line = command;
  if (flow.timeout !== undefined) line += ` -t ${flow.timeout}`;
  line += ` -u ${STATUSES.filter(name => status.includes(name)).join(',') || 'UNSET'}`;
  if (flow.secmark !== undefined) line += ` -c ${flow.secmark}`;
  if (flow.zone) line += ` -w ${flow.zone}`;
  line += tupleOptions(flow, ['--orig-zone', '--reply-zone']);
  const destination = status.includes('DST_NAT_DONE') && reply.src !== original.dst ? '-g' : '-r';
  const source = status.includes('SRC_NAT_DONE') && reply.dst !== original.src ? '-n' : '-q';
  line += ` -s ${original.src} -d ${original.dst} ${destination} ${reply.src} ${source} ${reply.dst}`;
  const { printed, name } = protocolOf(protonum);
  line += ` -p ${printed ? name : protonum}`;
  return line + layer4Options(flow) + userspaceText(flow);
}
