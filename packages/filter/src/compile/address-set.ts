import { type Address, compareAddresses, type End, type FlowCursor, type Prefix, parsePrefix } from '@conntrack/flow';
import { MAPPED_WORD, prefixMasks } from '@conntrack/flow/codec';
import { ADDRESS_CLASSES } from '../language/address-classes.js';
import type { AddressValue } from '../language/ast.js';
import { anyOf } from './any-of.js';
import { rangesTest } from './number-set.js';
import { mergeRanges, type RangeOf } from './ranges.js';

/** The part of a cursor that reads addresses. */
export type AddressCursor = Pick<FlowCursor, 'word'>;

/** A predicate over one of a flow's four addresses. It is false for an absent address. */
export type AddressTest = (cursor: AddressCursor, end: End) => boolean;

type Words = [number, number, number, number];
/** First and last address, both of the same family. */
type Range = RangeOf<Address>;

function prefixRange(prefix: Prefix): Range {
  const { address } = prefix;
  const masks = prefixMasks(prefix);
  const last = address.words.map((word, i) => (word | ~masks[i]!) >>> 0) as Words;
  return [address, { family: address.family, words: last }];
}

/** Returns the ranges of the shared 128-bit space that a value means, both ends included. A netmask with holes has none: its address alone. */
export function addressRanges(value: AddressValue): Range[] {
  switch (value.type) {
    case 'class':
      return ADDRESS_CLASSES[value.name].map(text => prefixRange(parsePrefix(text)!));
    case 'prefix':
      return [prefixRange(value)];
    case 'addresses':
      return [[value.from, value.to]];
    default:
      return [[value.address, value.address]];
  }
}

const isMapped = (cursor: AddressCursor, end: End): boolean =>
  cursor.word(end, 2) === MAPPED_WORD && cursor.word(end, 1) === 0 && cursor.word(end, 0) === 0;

/**
 * Tests an IPv6 address against sorted ranges by binary search. A range that covers the mapped block `::ffff:0:0/96` does not match there,
 * because those are IPv4 addresses.
 */
function v6Test(ranges: readonly Range[]): AddressTest {
  // The address that is looked up. It is reused, so that nothing is allocated for a flow.
  const words: Words = [0, 0, 0, 0];
  const sought: Address = { family: 'ipv6', words };
  return (cursor, end) => {
    for (let i = 0; i < 4; i++) words[i] = cursor.word(end, i as 0 | 1 | 2 | 3);
    if (words[0] < 0 || isMapped(cursor, end)) return false;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAddresses(ranges[middle]![1], sought) < 0) low = middle + 1;
      else high = middle;
    }
    return low < ranges.length && compareAddresses(ranges[low]![0], sought) <= 0;
  };
}

/** Tests an address under a mask. It must be of the mask's family. */
const netmaskTest =
  ({ address, mask }: Extract<AddressValue, { type: 'netmask' }>): AddressTest =>
  (cursor, end) =>
    cursor.word(end, 0) >= 0 &&
    address.words.every((word, i) => (cursor.word(end, i as 0 | 1 | 2 | 3) & mask.words[i]!) >>> 0 === word) &&
    isMapped(cursor, end) === (address.family === 'ipv4');

/** Makes one test for all values: prefixes, ranges and addresses become sorted ranges. */
export function addressTest(values: readonly AddressValue[]): AddressTest {
  const tests: AddressTest[] = [];
  const four: RangeOf<number>[] = [];
  const six: Range[] = [];
  for (const value of values)
    if (value.type === 'netmask') tests.push(netmaskTest(value));
    else
      for (const [from, to] of addressRanges(value))
        if (from.family === 'ipv4') four.push([from.words[3], to.words[3]]);
        else six.push([from, to]);
  if (four.length > 0) {
    const test = rangesTest(four);
    tests.push((cursor, end) => test(cursor.word(end, 3)) && isMapped(cursor, end));
  }
  if (six.length > 0) tests.push(v6Test(mergeRanges(six, compareAddresses)));
  return anyOf(tests);
}
