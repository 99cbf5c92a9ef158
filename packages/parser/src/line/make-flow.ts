import { type Family, type Flow, type FlowTuple, protocolOf, type StatusName } from '@conntrack/flow';
import { BYTES, DPORT, FLOW_FIELDS, MARK, PACKETS, SPORT, TIMEOUT, TUPLE_FIELDS, USE, ZONE } from './keys.js';

// Makes flows and tuples from the numbers that were read (bit n of `have`: field n). The shapes of nearly all lines are made by one literal
// each: adding one property after the other takes several times as long.

const PORTS = (1 << SPORT) | (1 << DPORT);
const COUNTED_PORTS = PORTS | (1 << PACKETS) | (1 << BYTES);

/** Adds the fields that were read to a record. */
function addFields<T>(record: T, fields: readonly (keyof T)[], have: number, numbers: Float64Array, from = 0): T {
  fields.forEach((name, field) => {
    if (have & (1 << field)) record[name] = numbers[from + field] as T[keyof T];
  });
  return record;
}

/** Makes a tuple; its numbers begin at index `from`. */
export function makeTuple(src: string, dst: string, have: number, numbers: Float64Array, from: number): FlowTuple {
  if (have !== PORTS && have !== COUNTED_PORTS)
    return addFields<FlowTuple>({ src, dst }, TUPLE_FIELDS, have, numbers, from);
  const sport = numbers[from + SPORT]!;
  const dport = numbers[from + DPORT]!;
  return have === PORTS
    ? { src, dst, sport, dport }
    : { src, dst, sport, dport, packets: numbers[from + PACKETS]!, bytes: numbers[from + BYTES]! };
}

const USUAL = (1 << TIMEOUT) | (1 << MARK) | (1 << USE);
const ZONED = USUAL | (1 << ZONE);

/** Makes a flow from its numbers. Fields that are not numbers are added elsewhere. */
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
  const protocol = protocolOf(protonum).name;
  if ((have | (1 << ZONE)) !== ZONED) {
    const flow: Flow = { family, protocol, protonum, original, reply };
    if (state !== undefined) flow.state = state;
    flow.status = status;
    return addFields(flow, FLOW_FIELDS, have, numbers);
  }
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
