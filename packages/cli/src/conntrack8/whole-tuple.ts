import { formatAddress, type Protocol, protocolOf, type Tuple } from '@conntrack/flow';
import type { TupleWords } from './request.js';

/** What a tuple has besides addresses. */
const FIELDS: Readonly<Record<Protocol['kind'], readonly (keyof Tuple)[]>> = {
  ports: ['sport', 'dport'],
  icmp: ['type', 'code', 'id'],
  keys: ['srckey', 'dstkey'],
  none: [],
};

/** What was said of a tuple, as a tuple; what was not said is absent. */
export function partialTuple({ src, dst, ...rest }: TupleWords): Partial<Tuple> {
  return { ...rest, ...(src && { src: formatAddress(src) }), ...(dst && { dst: formatAddress(dst) }) };
}

/** A tuple with what its protocol needs and nobody said: 0, as the kernel has it for what is not sent. */
export function wholeTuple(tuple: Partial<Tuple>, protonum: number): Tuple {
  const filled: Partial<Tuple> = { ...tuple };
  for (const field of FIELDS[protocolOf(protonum).kind]) filled[field] ??= 0 as never;
  return filled as Tuple;
}
