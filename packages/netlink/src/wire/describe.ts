import {
  type Attribute,
  CONNTRACK_ATTRIBUTES,
  CPU_STATISTICS,
  EXPECTATION_ATTRIBUTES,
  EXPECTATION_CPU_STATISTICS,
  GLOBAL_STATISTICS,
} from './attributes.js';
import { rowOf } from './fields.js';
import { HEADER, type Message, readAnswer } from './message.js';
import { TYPES, typeOf } from './types.js';
import * as U from './uapi.js';
import { eachAttribute } from './walk.js';

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
/** Messages with statistics number their attributes differently. */
const STATISTICS: Readonly<Record<string, readonly Attribute[]>> = {
  CT_GET_STATS_CPU: CPU_STATISTICS,
  CT_GET_STATS: GLOBAL_STATISTICS,
  EXP_GET_STATS_CPU: EXPECTATION_CPU_STATISTICS,
};
const FLAGS: readonly (readonly [number, string])[] = [
  [U.NLM_F_REQUEST, 'REQUEST'],
  [U.NLM_F_MULTI, 'MULTI'],
  [U.NLM_F_ACK, 'ACK'],
];

function attributes(bytes: Uint8Array, view: DataView, table: readonly Attribute[], from: number, to: number): string {
  const parts: string[] = [];
  eachAttribute(view, from, to, (number, start, end) => {
    const attribute = rowOf(table, number);
    const payload = { bytes, view, start, end };
    if (attribute === undefined) parts.push(`${number}=${TYPES.bytes.show(payload)}`);
    else if (attribute.nested)
      parts.push(`${attribute.name}{${attributes(bytes, view, attribute.nested, start, end)}}`);
    else if (attribute.type !== 'pad') {
      const { size, show } = typeOf(attribute.type);
      parts.push(`${attribute.name}=${end - start < size ? `${TYPES.bytes.show(payload)} (short)` : show(payload)}`);
    }
  });
  return parts.join(' ');
}

function head(message: Message): string {
  const flags = FLAGS.filter(([bit]) => (message.flags & bit) !== 0).map(([, name]) => name);
  const rest = message.flags & ~FLAGS.reduce((bits, [bit]) => bits | bit, 0);
  if (rest !== 0) flags.push(`0x${rest.toString(16)}`);
  return `seq=${message.sequence} ${flags.join('|') || '-'}`;
}

/** Describes one message as a line of text, with every attribute under its name in the kernel's header files. @throws NetlinkError MALFORMED */
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
  const table = STATISTICS[kind] ?? TABLES[subsystem] ?? [];
  return `${kind} ${head(message)} ${family} ${attributes(bytes, view, table, message.start + HEADER, message.end)}`.trimEnd();
}
