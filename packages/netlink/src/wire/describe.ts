import { formatIPv4, formatIPv6 } from '@conntrack/flow';
import { type Attribute, CONNTRACK_ATTRIBUTES, EXPECTATION_ATTRIBUTES } from './attributes.js';
import { LITTLE } from './endianness.js';
import { eachAttribute, HEADER, type Message, readAnswer, text } from './message.js';
import * as U from './uapi.js';

const KINDS: Readonly<Record<number, readonly string[]>> = {
  [U.NFNL_SUBSYS_CTNETLINK]: [
    'CT_NEW',
    'CT_GET',
    'CT_DELETE',
    'CT_GET_CTRZERO',
    'CT_GET_STATS_CPU',
    'CT_GET_STATS',
    'CT_GET_DYING',
    'CT_GET_UNCONFIRMED',
  ],
  [U.NFNL_SUBSYS_CTNETLINK_EXP]: ['EXP_NEW', 'EXP_GET', 'EXP_DELETE', 'EXP_GET_STATS_CPU'],
};
const TABLES: Readonly<Record<number, readonly Attribute[]>> = {
  [U.NFNL_SUBSYS_CTNETLINK]: CONNTRACK_ATTRIBUTES,
  [U.NFNL_SUBSYS_CTNETLINK_EXP]: EXPECTATION_ATTRIBUTES,
};
/** Statistics number their attributes anew: these are shown by number. */
const STATISTICS = new Set(['CT_GET_STATS_CPU', 'CT_GET_STATS', 'EXP_GET_STATS_CPU']);
const FLAGS: readonly (readonly [number, string])[] = [
  [U.NLM_F_REQUEST, 'REQUEST'],
  [U.NLM_F_MULTI, 'MULTI'],
  [U.NLM_F_ACK, 'ACK'],
];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function value(bytes: Uint8Array, view: DataView, { type }: Attribute, start: number, end: number): string {
  const size = end - start;
  const short: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, ipv4: 4, ipv6: 16, flags32: 4 };
  if (size < (short[type] ?? 0)) return `0x${hex(bytes.subarray(start, end))} (short)`;
  switch (type) {
    case 'u8':
      return String(bytes[start]);
    case 'u16':
      return String(view.getUint16(start));
    case 'u32':
      return String(view.getUint32(start));
    case 'u64':
      return String(view.getBigUint64(start));
    case 'flags32':
      return `0x${view.getUint32(start, LITTLE).toString(16)}`;
    case 'ipv4':
      return formatIPv4(view.getUint32(start));
    case 'ipv6':
      return formatIPv6(
        view.getUint32(start),
        view.getUint32(start + 4),
        view.getUint32(start + 8),
        view.getUint32(start + 12),
      );
    case 'text':
      return JSON.stringify(text(bytes, start, end));
    default:
      return `0x${hex(bytes.subarray(start, end))}`;
  }
}

function attributes(bytes: Uint8Array, view: DataView, table: readonly Attribute[], from: number, to: number): string {
  const parts: string[] = [];
  eachAttribute(view, from, to, (number, start, end) => {
    const attribute = table.find(row => row.number === number);
    if (attribute === undefined) parts.push(`${number}=0x${hex(bytes.subarray(start, end))}`);
    else if (attribute.nested)
      parts.push(`${attribute.name}{${attributes(bytes, view, attribute.nested, start, end)}}`);
    else if (attribute.type !== 'pad') parts.push(`${attribute.name}=${value(bytes, view, attribute, start, end)}`);
  });
  return parts.join(' ');
}

function head(message: Message): string {
  const flags = FLAGS.filter(([bit]) => (message.flags & bit) !== 0).map(([, name]) => name);
  const rest = message.flags & ~FLAGS.reduce((bits, [bit]) => bits | bit, 0);
  if (rest !== 0) flags.push(`0x${rest.toString(16)}`);
  return `seq=${message.sequence} ${flags.join('|') || '-'}`;
}

/** One message as a line of text, with every attribute under the name that the kernel's header gives it. @throws NetlinkError MALFORMED */
export function describeMessage(bytes: Uint8Array, message: Message): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (message.type === U.NLMSG_DONE) return `DONE ${head(message)}`;
  if (message.type === U.NLMSG_ERROR) {
    const { errno, kernelMessage, offset } = readAnswer(bytes, message);
    const details = `${kernelMessage === undefined ? '' : ` ${JSON.stringify(kernelMessage)}`}${offset === undefined ? '' : ` at ${offset}`}`;
    return `${errno === 0 ? 'ACK' : `ERROR ${errno}`} ${head(message)}${details}`;
  }
  const subsystem = message.type >> 8;
  const kind = KINDS[subsystem]?.[message.type & 0xff] ?? `type=${message.type}`;
  if (message.end - message.start < HEADER) return `${kind} ${head(message)} (short)`;
  const family = `family=${bytes[message.start + 16]} version=${bytes[message.start + 17]}`;
  const table = STATISTICS.has(kind) ? [] : (TABLES[subsystem] ?? []);
  return `${kind} ${head(message)} ${family} ${attributes(bytes, view, table, message.start + HEADER, message.end)}`.trimEnd();
}
