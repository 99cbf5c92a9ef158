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
import type { FieldName } from '../language/field-table.js';
import { stateKey } from './number-set.js';

/** Reads one number of a flow; −1 when it is absent. */
export type Reader = (cursor: FlowCursor) => number;

/** A sum of two counters, of which one may be absent. */
const sum = (original: number, reply: number): number =>
  original < 0 ? reply : reply < 0 ? original : original + reply;

/** How each numeric field is read; where there are several readers, any of them may match. `age` is not here: it needs a clock. */
export const READERS: { readonly [Name in FieldName]?: readonly Reader[] } = {
  family: [cursor => cursor.family()],
  proto: [cursor => cursor.protonum()],
  zone: [entryZone],
  'orig.zone': [cursor => cursor.directionZone(ORIGINAL)],
  'reply.zone': [cursor => cursor.directionZone(REPLY)],
  sport: [cursor => cursor.port(ORIGINAL_SRC)],
  dport: [cursor => cursor.port(ORIGINAL_DST)],
  'reply.sport': [cursor => cursor.port(REPLY_SRC)],
  'reply.dport': [cursor => cursor.port(REPLY_DST)],
  port: [
    cursor => cursor.port(ORIGINAL_SRC),
    cursor => cursor.port(ORIGINAL_DST),
    cursor => cursor.port(REPLY_SRC),
    cursor => cursor.port(REPLY_DST),
  ],
  state: [cursor => stateKey(cursor.protonum(), cursor.state())],
  mark: [cursor => cursor.mark()],
  secmark: [cursor => cursor.secmark()],
  timeout: [cursor => cursor.timeout()],
  id: [cursor => cursor.id()],
  use: [cursor => cursor.use()],
  bytes: [cursor => sum(cursor.bytes(ORIGINAL), cursor.bytes(REPLY))],
  packets: [cursor => sum(cursor.packets(ORIGINAL), cursor.packets(REPLY))],
  'orig.bytes': [cursor => cursor.bytes(ORIGINAL)],
  'reply.bytes': [cursor => cursor.bytes(REPLY)],
  'orig.packets': [cursor => cursor.packets(ORIGINAL)],
  'reply.packets': [cursor => cursor.packets(REPLY)],
  start: [cursor => cursor.start()],
  stop: [cursor => cursor.stop()],
  'icmp.type': [cursor => cursor.icmpType(ORIGINAL)],
  'icmp.code': [cursor => cursor.icmpCode(ORIGINAL)],
  'icmp.id': [cursor => cursor.icmpId(ORIGINAL)],
  'gre.srckey': [cursor => cursor.greKey(ORIGINAL_SRC)],
  'gre.dstkey': [cursor => cursor.greKey(ORIGINAL_DST)],
  'reply.gre.srckey': [cursor => cursor.greKey(REPLY_SRC)],
  'reply.gre.dstkey': [cursor => cursor.greKey(REPLY_DST)],
  'sctp.vtag': [cursor => cursor.vtag(ORIGINAL), cursor => cursor.vtag(REPLY)],
  'orig.sctp.vtag': [cursor => cursor.vtag(ORIGINAL)],
  'reply.sctp.vtag': [cursor => cursor.vtag(REPLY)],
  'dccp.role': [cursor => cursor.role()],
  event: [cursor => cursor.event()],
  portid: [cursor => cursor.portid()],
};

/** Which addresses a field means; any of them may match. */
export const ENDS: { readonly [Name in FieldName]?: readonly End[] } = {
  src: [ORIGINAL_SRC],
  dst: [ORIGINAL_DST],
  'reply.src': [REPLY_SRC],
  'reply.dst': [REPLY_DST],
  addr: [ORIGINAL_SRC, ORIGINAL_DST, REPLY_SRC, REPLY_DST],
};
