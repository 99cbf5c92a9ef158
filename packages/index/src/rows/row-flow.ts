import { type End, type Flow, type FlowRef, keyOf, protocolOf, stateName, statusNames } from '@conntrack/flow';
import {
  AF_INET,
  formatIPv4,
  formatIPv6,
  ORIGINAL,
  REPLY,
  readCountedTuple,
  readTuple,
  tcpInfoOf,
} from '@conntrack/flow/codec';
import { formatNanoseconds } from '@conntrack/flow/text';
import { IDLE_SYNPROXY, UNKNOWN_32 } from '../storage/columns.js';
import { RARE_NAMES } from '../storage/rare.js';
import type { RowStore } from '../storage/row-store.js';
import type { RowReader } from './row-reader.js';

const addressOf = (reader: RowReader, end: End): string =>
  reader.family() === AF_INET
    ? formatIPv4(reader.word(end, 3))
    : formatIPv6(reader.word(end, 0), reader.word(end, 1), reader.word(end, 2), reader.word(end, 3));

/** Which measured fields a flow gets. The kernel's flows have none of them. */
export interface Measured {
  /** `rate`, where it is known. */
  readonly rates?: boolean;
  /** `firstSeen`. */
  readonly firstSeen?: boolean;
}

/** Makes the flow of a row, with the fields in their usual order. */
export function flowOfRow(reader: RowReader, { columns, rare }: RowStore, measured: Measured): Flow {
  const { row } = reader;
  const address = (end: End): string => addressOf(reader, end);
  const protonum = reader.protonum();
  const flow: Flow = {
    id: reader.id(),
    key: '',
    family: reader.family() === AF_INET ? 'ipv4' : 'ipv6',
    protocol: protocolOf(protonum).name,
    protonum,
    original: readCountedTuple(reader, ORIGINAL, address),
    reply: readCountedTuple(reader, REPLY, address),
  };
  const state = reader.state();
  if (state >= 0) flow.state = stateName(protonum, state);
  const more = rare.get(row);
  const tcp = columns.tcp[row]!;
  const protoinfo = tcp === UNKNOWN_32 ? more?.protoinfo : tcpInfoOf(tcp | 0);
  if (protoinfo !== undefined) flow.protoinfo = protoinfo;
  const status = reader.status();
  if (status >= 0) flow.status = statusNames(status);
  const timeout = reader.timeout();
  if (timeout >= 0) flow.timeout = timeout;
  const mark = reader.mark();
  if (mark >= 0) flow.mark = mark;
  const use = reader.use();
  if (use >= 0) flow.use = use;
  const zone = reader.zone();
  if (zone > 0) flow.zone = zone;
  const { starts } = columns;
  if (starts !== undefined && (starts.high[row] !== 0 || starts.low[row] !== 0))
    flow.start = formatNanoseconds(starts.high[row]!, starts.low[row]!);
  const idle = (columns.use[row]! & IDLE_SYNPROXY) !== 0;
  if (more !== undefined || idle)
    for (const name of RARE_NAMES) {
      const value = idle && name === 'synproxy' ? { isn: 0, its: 0, tsoff: 0 } : more?.[name];
      if (value !== undefined) Object.assign(flow, { [name]: value });
    }
  if (measured.rates) {
    const [original, reply] = [reader.rate(ORIGINAL), reader.rate(REPLY)];
    if (original >= 0 || reply >= 0) flow.rate = { ...(original >= 0 && { original }), ...(reply >= 0 && { reply }) };
  }
  if (measured.firstSeen) flow.firstSeen = `${new Date(reader.firstSeen()).toISOString().slice(0, 19)}Z`;
  flow.key = keyOf(flow)!;
  return flow;
}

/** Makes a reference that identifies the connection of a row. */
export function refOfRow(reader: RowReader): FlowRef {
  const address = (end: End): string => addressOf(reader, end);
  const ref: FlowRef = {
    family: reader.family() === AF_INET ? 'ipv4' : 'ipv6',
    protonum: reader.protonum(),
    original: readTuple(reader, ORIGINAL, address),
    reply: readTuple(reader, REPLY, address),
    id: reader.id(),
  };
  const zone = reader.zone();
  if (zone > 0) ref.zone = zone;
  const replyZone = reader.directionZone(REPLY);
  if (replyZone > 0) ref.replyZone = replyZone;
  return ref;
}
