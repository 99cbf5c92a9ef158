import {
  type Direction,
  type End,
  type Flow,
  type FlowRef,
  type FlowTuple,
  keyOf,
  protocolOf,
  stateName,
  statusNames,
} from '@conntrack/flow';
import { AF_INET, formatIPv4, formatIPv6, ORIGINAL, REPLY, tcpInfoOf } from '@conntrack/flow/codec';
import { formatNanoseconds } from '@conntrack/flow/text';
import { IDLE_SYNPROXY, UNKNOWN_32 } from '../storage/columns.js';
import { RARE_NAMES } from '../storage/rare.js';
import type { RowStore } from '../storage/row-store.js';
import type { RowReader } from './row-reader.js';

const addressOf = (reader: RowReader, end: End): string =>
  reader.family() === AF_INET
    ? formatIPv4(reader.word(end, 3))
    : formatIPv6(reader.word(end, 0), reader.word(end, 1), reader.word(end, 2), reader.word(end, 3));

function tupleOf(reader: RowReader, direction: Direction): FlowTuple {
  const one = (direction * 2) as End;
  const other = (direction * 2 + 1) as End;
  const src = addressOf(reader, one);
  const dst = addressOf(reader, other);
  const sport = reader.port(one);
  const tuple: FlowTuple = sport >= 0 ? { src, dst, sport, dport: reader.port(other) } : { src, dst };
  if (sport < 0) {
    const type = reader.icmpType(direction);
    if (type >= 0) {
      tuple.type = type;
      tuple.code = reader.icmpCode(direction);
      tuple.id = reader.icmpId(direction);
    }
    const key = reader.greKey(one);
    if (key >= 0) {
      tuple.srckey = key;
      tuple.dstkey = reader.greKey(other);
    }
  }
  const zone = reader.directionZone(direction);
  if (zone > 0) tuple.zone = zone;
  return tuple;
}

function countedTupleOf(reader: RowReader, direction: Direction): FlowTuple {
  const tuple = tupleOf(reader, direction);
  const packets = reader.packets(direction);
  if (packets >= 0) tuple.packets = packets;
  const bytes = reader.bytes(direction);
  if (bytes >= 0) tuple.bytes = bytes;
  return tuple;
}

/** Makes the flow of a row, with the fields in their usual order. */
export function flowOfRow(reader: RowReader, { columns, rare }: RowStore): Flow {
  const { row } = reader;
  const protonum = reader.protonum();
  const flow: Flow = {
    id: reader.id(),
    key: '',
    family: reader.family() === AF_INET ? 'ipv4' : 'ipv6',
    protocol: protocolOf(protonum).name,
    protonum,
    original: countedTupleOf(reader, ORIGINAL),
    reply: countedTupleOf(reader, REPLY),
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
  flow.key = keyOf(flow)!;
  return flow;
}

/** Makes a reference that identifies the connection of a row. */
export function refOfRow(reader: RowReader): FlowRef {
  const ref: FlowRef = {
    family: reader.family() === AF_INET ? 'ipv4' : 'ipv6',
    protonum: reader.protonum(),
    original: tupleOf(reader, ORIGINAL),
    reply: tupleOf(reader, REPLY),
    id: reader.id(),
  };
  const zone = reader.zone();
  if (zone > 0) ref.zone = zone;
  const replyZone = reader.directionZone(REPLY);
  if (replyZone > 0) ref.replyZone = replyZone;
  return ref;
}
