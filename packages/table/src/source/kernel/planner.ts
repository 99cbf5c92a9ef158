import {
  type Filter,
  type FlowField,
  findField,
  type KernelPlace,
  type KernelTuplePart,
  type Test,
  type Value,
} from '@conntrack/filter';
import { type Address, type Family, type FlowRef, formatAddress, type Tuple } from '@conntrack/flow';
import { AF_INET, familyNumber } from '@conntrack/flow/codec';
import { type KernelFilter, pushDown } from '@conntrack/netlink';

/** How a scan gets its rows from the kernel. Every row is still checked against the whole filter. */
export type KernelPlan =
  /** Look-ups of an exact tuple in a given zone, without a dump: one for zone 0, two for any other zone. */
  | { readonly kind: 'lookup'; readonly refs: readonly FlowRef[]; readonly why: string }
  /** One or several dumps. A dump without a filter returns everything. Rows that an earlier dump returned must be left out of later ones. */
  | { readonly kind: 'dumps'; readonly filters: readonly KernelFilter[]; readonly why: string };

/** Maximum number of dumps. A dump walks the whole hash table even if little matches, so beyond this number one dump of everything is cheaper. */
const MAX_DUMPS = 4;

/** Why everything is dumped. */
const EVERYTHING = `the filter has no exact value that the kernel compares, or needs more than ${MAX_DUMPS} dumps`;

/** Protocols whose exact tuples are looked up. */
const WITH_PORTS: readonly number[] = [6, 17];

/** Conditions that every matching flow meets. If two of them exclude each other, nothing matches (`impossible`). */
interface Facts {
  family?: number;
  protonum?: number;
  zone?: number;
  mark?: { value: number; mask: number };
  status?: { value: number; mask: number };
  original: TupleFacts;
  reply: TupleFacts;
}
type TupleFacts = { src?: Address; dst?: Address } & Partial<Record<Exclude<KernelTuplePart, 'src' | 'dst'>, number>>;

const clone = (facts: Facts): Facts => ({ ...facts, original: { ...facts.original }, reply: { ...facts.reply } });

type Add = (facts: Facts) => void;

/** Adds a value as the condition of a place; returns false if it is not one exact value. */
function put(facts: Facts, place: KernelPlace, value: Value): boolean {
  if (place.length === 2) {
    const [tuple, part] = place;
    if (part === 'src' || part === 'dst') {
      if (value.type !== 'address') return false;
      facts[tuple][part] = value.address;
      // The kernel drops IPv6 packets with IPv4-mapped source addresses, so the address tells the family of its flow.
      facts.family ??= familyNumber(value.address.family);
    } else {
      if (value.type !== 'number') return false;
      facts[tuple][part] = value.value;
    }
    return true;
  }
  const [member] = place;
  if (member === 'mark' && value.type === 'masked') facts.mark = { value: value.value, mask: value.mask };
  else if (value.type !== 'number' || member === 'status') return false;
  else if (member === 'mark') facts.mark = { value: value.value, mask: 0xffffffff };
  else facts[member] = value.value;
  return true;
}

const addStatus = (facts: Facts, value: number, mask: number): void => {
  facts.status = {
    value: ((facts.status?.value ?? 0) | value) >>> 0,
    mask: ((facts.status?.mask ?? 0) | mask) >>> 0,
  };
};

/** Returns the status bits that a test requires; `undefined` if the test is not that simple. */
function statusOf({ op, values }: Test, { status }: FlowField): { value: number; mask: number } | undefined {
  // A word. Its absence is a negation, which gives no certain condition.
  if (status !== undefined)
    return op === 'exists' ? { value: status.clear ? 0 : status.mask, mask: status.mask } : undefined;
  const mask = values.reduce((bits, value) => (value.type === 'number' ? bits | value.value : bits), 0) >>> 0;
  const all = op === 'all' || (op === 'eq' && values.length === 1);
  return all && mask !== 0 ? { value: mask, mask } : undefined;
}

/** Returns what is certain if a test is true: nothing (`undefined`), one condition, or one of several conditions. */
function alternatives(test: Test): Add[] | undefined {
  const field = findField(test.field);
  const place = field?.kernel;
  if (field === undefined || place === undefined) return undefined;
  if (place[0] === 'status') {
    const status = statusOf(test, field);
    return status && [facts => addStatus(facts, status.value, status.mask)];
  }
  if (test.op !== 'eq' || test.values.length > MAX_DUMPS) return undefined;
  const probe: Facts = { original: {}, reply: {} };
  if (!test.values.every(value => put(clone(probe), place, value))) return undefined;
  return test.values.map(value => facts => void put(facts, place, value));
}

/**
 * Returns facts such that a flow that matches the filter meets at least one of them. The list has one item without conditions if nothing is
 * certain.
 */
function factsOf(filter: Filter, base: Facts): Facts[] {
  switch (filter.kind) {
    case 'test': {
      return (alternatives(filter) ?? [() => {}]).map(add => {
        const facts = clone(base);
        add(facts);
        return facts;
      });
    }
    case 'and': {
      // Terms with one alternative come first, then those with several, as long as the total stays within the limit.
      const parts = filter.terms.map(term => factsOf(term, { original: {}, reply: {} }));
      const order = parts.map((_, i) => i).sort((one, other) => parts[one]!.length - parts[other]!.length);
      let all = [base];
      for (const i of order) {
        if (all.length * parts[i]!.length > MAX_DUMPS) continue;
        all = all.flatMap(facts => parts[i]!.map(part => merge(facts, part)));
      }
      return all;
    }
    case 'or': {
      const all = filter.terms.flatMap(term => factsOf(term, base));
      return all.length > MAX_DUMPS || all.some(facts => !selective(facts)) ? [base] : all;
    }
    default:
      return [base];
  }
}

/** Combines two facts. If they contradict each other, either side may be used: nothing matches, and the predicate makes sure of it. */
function merge(one: Facts, other: Facts): Facts {
  const facts: Facts = {
    ...one,
    ...other,
    original: { ...one.original, ...other.original },
    reply: { ...one.reply, ...other.reply },
  };
  if (one.status !== undefined && other.status !== undefined) {
    facts.status = { ...one.status };
    addStatus(facts, other.status.value, other.status.mask);
  }
  return facts;
}

/** Whether a dump with these facts is smaller than the table. */
const selective = (facts: Facts): boolean => toKernel(facts).some(filter => Object.keys(filter).length > 0);

const familyName = (number: number): Family => (number === AF_INET ? 'ipv4' : 'ipv6');

const textOf = ({ src, dst, ...parts }: TupleFacts): Partial<Tuple> => ({
  ...(src && { src: formatAddress(src) }),
  ...(dst && { dst: formatAddress(dst) }),
  ...parts,
});

/** Converts facts to kernel filters, with all conditions that the kernel compares correctly. */
const toKernel = ({ family, mark, status, original, reply, ...numbers }: Facts): KernelFilter[] =>
  pushDown({
    ...numbers,
    ...(family !== undefined && { family: familyName(family) }),
    ...(mark && { mark: mark.value, markMask: mark.mask }),
    ...(status && { status: status.value, statusMask: status.mask }),
    original: textOf(original),
    reply: textOf(reply),
  });

/**
 * Returns the look-ups for an exact tuple with ports, if the zone is given too: without it, every zone may have the tuple. An entry with a
 * zone only in the reply direction has its original tuple in zone 0.
 */
function lookupsOf(facts: Facts): FlowRef[] | undefined {
  const { original, protonum, zone } = facts;
  const { src, dst, sport, dport } = original;
  if (zone === undefined || protonum === undefined || !WITH_PORTS.includes(protonum)) return undefined;
  if (src === undefined || dst === undefined || sport === undefined || dport === undefined) return undefined;
  if (src.family !== dst.family) return undefined;
  const tuple: Tuple = { src: formatAddress(src), dst: formatAddress(dst), sport, dport };
  const ref = { family: src.family, protonum, original: tuple };
  return zone === 0 ? [ref] : [{ ...ref, zone }, ref];
}

/** Splits a filter: the plan says what the kernel evaluates, and the whole filter is evaluated on the rows that come back. */
export function planKernel(filter: Filter): KernelPlan {
  const all = factsOf(filter, { original: {}, reply: {} });
  const [only] = all;
  if (all.length === 1 && only !== undefined) {
    const refs = lookupsOf(only);
    if (refs !== undefined) return { kind: 'lookup', refs, why: 'the filter names one tuple in one zone' };
  }
  const filters = all.flatMap(toKernel);
  if (filters.length > MAX_DUMPS || filters.some(part => Object.keys(part).length === 0))
    return { kind: 'dumps', filters: [{}], why: EVERYTHING };
  return { kind: 'dumps', filters, why: whyDumps(all.length, filters.length) };
}

/** Says what several dumps are for: alternatives of the filter, and both families of a protocol without one. */
function whyDumps(alternatives: number, dumps: number): string {
  if (dumps === 1) return 'one dump';
  const perFamily = dumps > alternatives;
  if (alternatives === 1) return `${dumps} dumps, one for each family`;
  return `${dumps} dumps, one for each alternative${perFamily ? ' and family' : ''}`;
}
