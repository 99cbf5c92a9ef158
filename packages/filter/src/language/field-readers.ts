import {
  type End,
  entryZone,
  type FlowCursor,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
} from '@conntrack/flow';
import type { FieldName } from './field-table.js';
import { stateKey } from './state-key.js';

/** Reads one number of a flow; −1 when it is absent. */
export type NumberReader = (cursor: FlowCursor) => number;

/** How a cursor reads a field. Fields without any of these are read by their type: bits of the status, labels, NAT, `pair`. */
export interface FieldReader {
  /** Where there are several, any of them may match. */
  readonly numbers?: readonly NumberReader[];
  /** Which addresses it means; any of them may match. */
  readonly ends?: readonly End[];
  readonly text?: (cursor: FlowCursor) => string | undefined;
  /** A number that depends on the time, in milliseconds since 1970. */
  readonly at?: (cursor: FlowCursor, now: () => number) => number;
}

/** A sum of two counters, of which one may be absent. */
const sum = (original: number, reply: number): number =>
  original < 0 ? reply : reply < 0 ? original : original + reply;

const numbers = (...readers: readonly NumberReader[]): FieldReader => ({ numbers: readers });
const address = (...ends: readonly End[]): FieldReader => ({ ends });
const port = (...ends: readonly End[]): FieldReader =>
  numbers(
    ...ends.map(
      (end): NumberReader =>
        cursor =>
          cursor.port(end),
    ),
  );
const BY_TYPE: FieldReader = {};

/** In seconds. Of a capture, the age at its time. */
function ageAt(cursor: FlowCursor, now: () => number): number {
  const captured = cursor.age?.() ?? -1;
  if (captured >= 0) return captured;
  const start = cursor.start();
  return start < 0 ? -1 : Math.max(0, (now() - start) / 1000);
}

/** How each field is read: what evaluation, sorting, groups and events are made from. */
export const FIELD_READERS: Readonly<Record<FieldName, FieldReader>> = {
  family: numbers(cursor => cursor.family()),
  proto: numbers(cursor => cursor.protonum()),
  zone: numbers(entryZone),
  src: address(ORIGINAL_SRC),
  dst: address(ORIGINAL_DST),
  sport: port(ORIGINAL_SRC),
  dport: port(ORIGINAL_DST),
  'reply.src': address(REPLY_SRC),
  'reply.dst': address(REPLY_DST),
  'reply.sport': port(REPLY_SRC),
  'reply.dport': port(REPLY_DST),
  addr: address(ORIGINAL_SRC, ORIGINAL_DST, REPLY_SRC, REPLY_DST),
  port: port(ORIGINAL_SRC, ORIGINAL_DST, REPLY_SRC, REPLY_DST),
  pair: BY_TYPE,
  state: numbers(cursor => stateKey(cursor.protonum(), cursor.state())),
  status: BY_TYPE,
  mark: numbers(cursor => cursor.mark()),
  label: BY_TYPE,
  helper: { text: cursor => cursor.helper() },
  secctx: { text: cursor => cursor.secctx() },
  secmark: numbers(cursor => cursor.secmark()),
  timeout: numbers(cursor => cursor.timeout()),
  id: numbers(cursor => cursor.id()),
  use: numbers(cursor => cursor.use()),
  bytes: numbers(cursor => sum(cursor.bytes(ORIGINAL), cursor.bytes(REPLY))),
  packets: numbers(cursor => sum(cursor.packets(ORIGINAL), cursor.packets(REPLY))),
  'orig.bytes': numbers(cursor => cursor.bytes(ORIGINAL)),
  'reply.bytes': numbers(cursor => cursor.bytes(REPLY)),
  'orig.packets': numbers(cursor => cursor.packets(ORIGINAL)),
  'reply.packets': numbers(cursor => cursor.packets(REPLY)),
  age: { at: ageAt },
  start: numbers(cursor => cursor.start()),
  stop: numbers(cursor => cursor.stop()),
  nat: BY_TYPE,
  'src-nat': BY_TYPE,
  'dst-nat': BY_TYPE,
  'any-nat': BY_TYPE,
  unreplied: BY_TYPE,
  assured: BY_TYPE,
  offload: BY_TYPE,
  'orig.zone': numbers(cursor => cursor.directionZone(ORIGINAL)),
  'reply.zone': numbers(cursor => cursor.directionZone(REPLY)),
  'icmp.type': numbers(cursor => cursor.icmpType(ORIGINAL)),
  'icmp.code': numbers(cursor => cursor.icmpCode(ORIGINAL)),
  'icmp.id': numbers(cursor => cursor.icmpId(ORIGINAL)),
  'gre.srckey': numbers(cursor => cursor.greKey(ORIGINAL_SRC)),
  'gre.dstkey': numbers(cursor => cursor.greKey(ORIGINAL_DST)),
  'reply.gre.srckey': numbers(cursor => cursor.greKey(REPLY_SRC)),
  'reply.gre.dstkey': numbers(cursor => cursor.greKey(REPLY_DST)),
  'sctp.vtag': numbers(
    cursor => cursor.vtag(ORIGINAL),
    cursor => cursor.vtag(REPLY),
  ),
  'orig.sctp.vtag': numbers(cursor => cursor.vtag(ORIGINAL)),
  'reply.sctp.vtag': numbers(cursor => cursor.vtag(REPLY)),
  'dccp.role': numbers(cursor => cursor.role()),
  event: numbers(cursor => cursor.event()),
  portid: numbers(cursor => cursor.portid()),
};
