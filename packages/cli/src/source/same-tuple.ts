import { compareAddresses, parseAddress, type Tuple } from '@conntrack/flow';
import { TUPLE_PARTS } from '@conntrack/flow/codec';

const sameAddress = (one: string, other: string): boolean => {
  const [a, b] = [parseAddress(one), parseAddress(other)];
  return a !== undefined && b !== undefined && compareAddresses(a, b) === 0;
};

/** Whether two tuples are equal. A missing field counts as 0, as in the kernel's bytes. */
export const sameTuple = (one: Tuple, other: Tuple): boolean =>
  sameAddress(one.src, other.src) &&
  sameAddress(one.dst, other.dst) &&
  TUPLE_PARTS.every(part => (one[part] ?? 0) === (other[part] ?? 0));
