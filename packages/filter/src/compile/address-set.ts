import { type End, type FlowCursor, MAPPED_WORD, parsePrefix, prefixMasks } from '@conntrack/flow';
import { ADDRESS_CLASSES } from '../address-value.js';
import type { AddressValue } from '../ast.js';

/** A predicate over one of a flow's four addresses; an absent one never passes. */
export type AddressTest = (cursor: FlowCursor, end: End) => boolean;

type Words = readonly [number, number, number, number];
/** First and last address in the common 128-bit space. */
type Range = readonly [from: bigint, to: bigint];

const MAPPED_FIRST = 0xffff_0000_0000n;
const MAPPED_LAST = 0xffff_ffff_ffffn;

const toBig = ([a, b, c, d]: Words): bigint => (BigInt(a) << 96n) | (BigInt(b) << 64n) | (BigInt(c) << 32n) | BigInt(d);
const toWords = (value: bigint): number[] => [96n, 64n, 32n, 0n].map(shift => Number((value >> shift) & 0xffffffffn));

function prefixRange(text: string): { from: Words; to: Words; family: string } {
  return rangeOf(parsePrefix(text)!);
}

function rangeOf(prefix: NonNullable<ReturnType<typeof parsePrefix>>): { from: Words; to: Words; family: string } {
  const from = prefix.address.words;
  const masks = prefixMasks(prefix);
  const to = from.map((word, i) => (word | ~masks[i]!) >>> 0) as unknown as Words;
  return { from, to, family: prefix.address.family };
}

/** A value's ranges. An IPv6 range that covers the mapped block has a hole there: those are IPv4 addresses. */
function rangesOf(value: AddressValue): Range[] {
  const parts =
    value.type === 'class'
      ? ADDRESS_CLASSES[value.name].map(prefixRange)
      : value.type === 'prefix'
        ? [rangeOf(value)]
        : value.type === 'addresses'
          ? [{ from: value.from.words, to: value.to.words, family: value.from.family }]
          : [{ from: value.address.words, to: value.address.words, family: value.address.family }];
  return parts.flatMap(({ from, to, family }): Range[] => {
    const first = toBig(from);
    const last = toBig(to);
    if (family === 'ipv4' || first > MAPPED_LAST || last < MAPPED_FIRST) return [[first, last]];
    const around: Range[] = [
      [first, MAPPED_FIRST - 1n],
      [MAPPED_LAST + 1n, last],
    ];
    return around.filter(([low, high]) => low <= high);
  });
}

function merge(ranges: Range[]): Range[] {
  const merged: [bigint, bigint][] = [];
  for (const [from, to] of ranges.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))) {
    const last = merged.at(-1);
    // Neighbours join, but for the mapped block's edges: IPv4 stays apart.
    const edge = last?.[1] === MAPPED_LAST || from === MAPPED_FIRST;
    if (last !== undefined && from <= last[1] + (edge ? 0n : 1n)) {
      if (to > last[1]) last[1] = to;
    } else merged.push([from, to]);
  }
  return merged;
}

const isMapped = (cursor: FlowCursor, end: End): boolean =>
  cursor.word(end, 2) === MAPPED_WORD && cursor.word(end, 1) === 0 && cursor.word(end, 0) === 0;

/** IPv4 numbers in sorted ranges: one or two compared, more found by bisection between two marks of an index. */
function v4Test(ranges: readonly Range[]): (word: number) => boolean {
  const from = Uint32Array.from(ranges, range => Number(range[0] & 0xffffffffn));
  const to = Uint32Array.from(ranges, range => Number(range[1] & 0xffffffffn));
  if (from.length === 1) {
    const low = from[0]!;
    const high = to[0]!;
    return low === high ? word => word === low : word => word >= low && word <= high;
  }
  // For each leading 12 bits, the first range that ends there or later.
  const index = new Uint16Array(4097);
  for (let slot = 0, at = 0; slot <= 4096; slot++) {
    while (at < to.length && to[at]! >>> 20 < slot) at++;
    index[slot] = at;
  }
  const count = from.length;
  return word => {
    const slot = word >>> 20;
    let low = index[slot]!;
    let high = index[slot + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (to[middle]! < word) low = middle + 1;
      else high = middle;
    }
    return low < count && from[low]! <= word;
  };
}

/** IPv6 in sorted ranges, four words each, by bisection. */
function v6Test(ranges: readonly Range[]): AddressTest {
  const from = Uint32Array.from(ranges.flatMap(range => toWords(range[0])));
  const to = Uint32Array.from(ranges.flatMap(range => toWords(range[1])));
  const count = ranges.length;
  return (cursor, end) => {
    const a = cursor.word(end, 0);
    const b = cursor.word(end, 1);
    const c = cursor.word(end, 2);
    const d = cursor.word(end, 3);
    if (a < 0) return false;
    // Whether the address comes after the one at `at`.
    const after = (words: Uint32Array, at: number): boolean => {
      if (a !== words[at]!) return a > words[at]!;
      if (b !== words[at + 1]!) return b > words[at + 1]!;
      if (c !== words[at + 2]!) return c > words[at + 2]!;
      return d > words[at + 3]!;
    };
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (after(to, middle * 4)) low = middle + 1;
      else high = middle;
    }
    if (low === count) return false;
    const at = low * 4;
    return from[at] === a && from[at + 1] === b && from[at + 2] === c && from[at + 3] === d ? true : after(from, at);
  };
}

function netmaskTest(value: Extract<AddressValue, { type: 'netmask' }>): AddressTest {
  const [a, b, c, d] = value.address.words;
  const [maskA, maskB, maskC, maskD] = value.mask.words;
  if (value.address.family === 'ipv4')
    return (cursor, end) => (cursor.word(end, 3) & maskD) >>> 0 === d && isMapped(cursor, end);
  return (cursor, end) =>
    cursor.word(end, 0) >= 0 &&
    (cursor.word(end, 0) & maskA) >>> 0 === a &&
    (cursor.word(end, 1) & maskB) >>> 0 === b &&
    (cursor.word(end, 2) & maskC) >>> 0 === c &&
    (cursor.word(end, 3) & maskD) >>> 0 === d &&
    !isMapped(cursor, end);
}

/** Any of the values, as one test: all prefixes, ranges and addresses become sorted ranges. */
export function addressTest(values: readonly AddressValue[]): AddressTest {
  const masked = values.filter(value => value.type === 'netmask').map(netmaskTest);
  const ranges = merge(values.filter(value => value.type !== 'netmask').flatMap(rangesOf));
  const v4 = ranges.filter(([from]) => from >= MAPPED_FIRST && from <= MAPPED_LAST);
  const v6 = ranges.filter(([from]) => from < MAPPED_FIRST || from > MAPPED_LAST);
  const tests: AddressTest[] = masked;
  if (v4.length > 0) {
    const test = v4Test(v4);
    tests.push((cursor, end) => test(cursor.word(end, 3)) && isMapped(cursor, end));
  }
  if (v6.length > 0) tests.push(v6Test(v6));
  if (tests.length === 1) return tests[0]!;
  return (cursor, end) => tests.some(test => test(cursor, end));
}
