import { formatAddress, protocolOf, type Tuple } from '@conntrack/flow';
import { TUPLE_FIELDS } from '@conntrack/flow/codec';
import type { TupleWords } from '../argv/request.js';

/** The given fields as a tuple. Fields that were not given are absent. */
export function partialTuple({ src, dst, ...rest }: TupleWords): Partial<Tuple> {
  return { ...rest, ...(src && { src: formatAddress(src) }), ...(dst && { dst: formatAddress(dst) }) };
}

/** A tuple with all fields of its protocol. Fields that were not given are 0, as in the kernel. */
export function wholeTuple(tuple: Partial<Tuple>, protonum: number): Tuple {
  const filled: Partial<Tuple> = { ...tuple };
  for (const field of TUPLE_FIELDS[protocolOf(protonum).kind]) filled[field] ??= 0 as never;
  return filled as Tuple;
}
