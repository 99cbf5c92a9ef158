import type { End, FlowCursor, Tuple } from '@conntrack/flow';
import {
  entryZone,
  familyNumber,
  MAPPED_WORD,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  parseIPv4,
  REPLY_DST,
  REPLY_SRC,
} from '@conntrack/flow/codec';
import type { KernelFilter } from '@conntrack/netlink';

type Predicate = (cursor: FlowCursor) => boolean;

function tupleTests(tuple: Partial<Tuple>, src: End, dst: End): Predicate[] {
  const tests: Predicate[] = [];
  const address = (end: End, text: string | undefined): void => {
    if (text === undefined) return;
    const word = parseIPv4(text);
    tests.push(cursor => cursor.word(end, 3) === word && cursor.word(end, 2) === MAPPED_WORD);
  };
  const number = (wanted: number | undefined, read: (cursor: FlowCursor) => number): void => {
    if (wanted !== undefined) tests.push(cursor => read(cursor) === wanted);
  };
  address(src, tuple.src);
  address(dst, tuple.dst);
  number(tuple.sport, cursor => cursor.port(src));
  number(tuple.dport, cursor => cursor.port(dst));
  number(tuple.type, cursor => cursor.icmpType(ORIGINAL));
  number(tuple.code, cursor => cursor.icmpCode(ORIGINAL));
  number(tuple.id, cursor => cursor.icmpId(ORIGINAL));
  return tests;
}

/** Makes the test whether a row would be part of a dump with this kernel filter, so that several dumps do not count a row twice. */
export function kernelFilterTest(filter: KernelFilter): Predicate {
  const tests: Predicate[] = [];
  const { family, protonum, zone } = filter;
  if (family !== undefined) tests.push(cursor => cursor.family() === familyNumber(family));
  if (protonum !== undefined) tests.push(cursor => cursor.protonum() === protonum);
  if (zone !== undefined) tests.push(cursor => entryZone(cursor) === zone);
  if (filter.mark !== undefined) {
    const mask = filter.markMask ?? 0xffffffff;
    tests.push(cursor => (Math.max(0, cursor.mark()) & mask) >>> 0 === filter.mark);
  }
  if (filter.status !== undefined) {
    const mask = filter.statusMask ?? filter.status;
    tests.push(cursor => (cursor.status() & mask) >>> 0 === filter.status);
  }
  if (filter.original) tests.push(...tupleTests(filter.original, ORIGINAL_SRC, ORIGINAL_DST));
  if (filter.reply) tests.push(...tupleTests(filter.reply, REPLY_SRC, REPLY_DST));
  return cursor => tests.every(test => test(cursor));
}
