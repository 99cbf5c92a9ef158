import { type Family, type Flow, type FlowTuple, protocolOf, type StatusName } from '@conntrack/flow';
import {
  BYTES,
  CODE,
  DELTA_TIME,
  DIRECTION_ZONE,
  DPORT,
  DSTKEY,
  ICMP_ID,
  ID,
  MARK,
  PACKETS,
  PORTID,
  SECMARK,
  SPORT,
  SRCKEY,
  TIMEOUT,
  TYPE,
  USE,
  ZONE,
} from './keys.js';

// Flows and tuples from the numbers that were read (bit n of `have`: field n). The shapes that nearly all lines have are made by one
// literal: adding one property after the other takes several times as long.

const PORTS = (1 << SPORT) | (1 << DPORT);
const COUNTED_PORTS = PORTS | (1 << PACKETS) | (1 << BYTES);

/** A tuple. */
export function makeTuple(src: string, dst: string, have: number, numbers: Float64Array): FlowTuple {
  if (have === COUNTED_PORTS)
    return {
      src,
      dst,
      sport: numbers[SPORT]!,
      dport: numbers[DPORT]!,
      packets: numbers[PACKETS]!,
      bytes: numbers[BYTES]!,
    };
  if (have === PORTS) return { src, dst, sport: numbers[SPORT]!, dport: numbers[DPORT]! };
  const tuple: FlowTuple = { src, dst };
  if (have & (1 << SPORT)) tuple.sport = numbers[SPORT]!;
  if (have & (1 << DPORT)) tuple.dport = numbers[DPORT]!;
  if (have & (1 << TYPE)) tuple.type = numbers[TYPE]!;
  if (have & (1 << CODE)) tuple.code = numbers[CODE]!;
  if (have & (1 << ICMP_ID)) tuple.id = numbers[ICMP_ID]!;
  if (have & (1 << SRCKEY)) tuple.srckey = numbers[SRCKEY]!;
  if (have & (1 << DSTKEY)) tuple.dstkey = numbers[DSTKEY]!;
  if (have & (1 << DIRECTION_ZONE)) tuple.zone = numbers[DIRECTION_ZONE]!;
  if (have & (1 << PACKETS)) tuple.packets = numbers[PACKETS]!;
  if (have & (1 << BYTES)) tuple.bytes = numbers[BYTES]!;
  return tuple;
}

const names: readonly string[] = Array.from({ length: 256 }, (_, number) => protocolOf(number).name);
const USUAL = (1 << TIMEOUT) | (1 << MARK) | (1 << USE);
const ZONED = USUAL | (1 << ZONE);

/** A flow, without what is no number. */
export function makeFlow(
  family: Family,
  protonum: number,
  original: FlowTuple,
  reply: FlowTuple,
  state: string | undefined,
  status: readonly StatusName[],
  have: number,
  numbers: Float64Array,
): Flow {
  const protocol = names[protonum]!;
  if ((have | (1 << ZONE)) === ZONED) {
    const timeout = numbers[TIMEOUT]!;
    const mark = numbers[MARK]!;
    const use = numbers[USE]!;
    if (have === USUAL)
      return state === undefined
        ? { family, protocol, protonum, original, reply, status, timeout, mark, use }
        : { family, protocol, protonum, original, reply, state, status, timeout, mark, use };
    const zone = numbers[ZONE]!;
    return state === undefined
      ? { family, protocol, protonum, original, reply, status, timeout, mark, use, zone }
      : { family, protocol, protonum, original, reply, state, status, timeout, mark, use, zone };
  }
  const flow: Flow = { family, protocol, protonum, original, reply };
  if (state !== undefined) flow.state = state;
  flow.status = status;
  if (have & (1 << TIMEOUT)) flow.timeout = numbers[TIMEOUT]!;
  if (have & (1 << MARK)) flow.mark = numbers[MARK]!;
  if (have & (1 << USE)) flow.use = numbers[USE]!;
  if (have & (1 << ZONE)) flow.zone = numbers[ZONE]!;
  if (have & (1 << SECMARK)) flow.secmark = numbers[SECMARK]!;
  if (have & (1 << DELTA_TIME)) flow.deltaTime = numbers[DELTA_TIME]!;
  if (have & (1 << PORTID)) flow.portid = numbers[PORTID]!;
  if (have & (1 << ID)) flow.id = numbers[ID]!;
  return flow;
}
