import { formatAddress, protocolOf, type Tuple } from '@conntrack/flow';
import { TUPLE_FIELDS } from '@conntrack/flow/codec';
import type { TupleWords } from '../argv/request.js';

/** What was said of a tuple, as a tuple; what was not said is absent. */
export function partialTuple({ src, dst, ...rest }: TupleWords): Partial<Tuple> {
  return { ...rest, ...(src && { src: formatAddress(src) }), ...(dst && { dst: formatAddress(dst) }) };
}

/** A tuple with what its protocol needs and nobody said: 0, as the kernel has it for what is not sent. */
export function wholeTuple(tuple: Partial<Tuple>, protonum: number): Tuple {
  const filled: Partial<Tuple> = { ...tuple };
  for (const field of TUPLE_FIELDS[protocolOf(protonum).kind]) filled[field] ??= 0 as never;
  return filled as Tuple;
}
