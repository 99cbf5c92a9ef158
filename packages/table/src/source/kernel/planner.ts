import type { Filter, Test, Value } from '@conntrack/filter';
import {
  type Address,
  AF_INET,
  type Family,
  type FlowRef,
  familyNumber,
  formatAddress,
  STATUS,
  type Tuple,
} from '@conntrack/flow';
import { type KernelFilter, pushDown } from '@conntrack/netlink';

/** How a scan reaches the kernel. Every row that comes is still checked against the whole filter. */
export type KernelPlan =
  /** Requests for an exact tuple in a given zone, no dump: one for zone 0, two for any other zone. */
  | { readonly kind: 'lookup'; readonly refs: readonly FlowRef[]; readonly why: string }
  /** One dump or several; no filter means everything. Rows that an earlier dump brought must be left out of a later one. */
  | { readonly kind: 'dumps'; readonly filters: readonly KernelFilter[]; readonly why: string };

/** A dump walks the whole hash table even when little matches: more of them than this, and one dump of everything is cheaper. */
const MAX_DUMPS = 4;

/** Protocols of which an exact tuple is looked up. */
const WITH_PORTS: readonly number[] = [6, 17];

/** What a filter says for certain, all of it ANDed. Two answers that exclude each other make it `impossible`. */
interface Facts {
  family?: number;
  protonum?: number;
  zone?: number;
  mark?: { value: number; mask: number };
  status?: { value: number; mask: number };
  original: TupleFacts;
  reply: TupleFacts;
}
interface TupleFacts {
  src?: Address;
  dst?: Address;
  sport?: number;
  dport?: number;
  type?: number;
  code?: number;
  id?: number;
}

const clone = (facts: Facts): Facts => ({ ...facts, original: { ...facts.original }, reply: { ...facts.reply } });

type Put = (facts: Facts, value: Value) => boolean;
type Add = (facts: Facts) => void;

const number =
  (put: (facts: Facts, value: number) => void): Put =>
  (facts, value) => {
    if (value.type !== 'number') return false;
    put(facts, value.value);
    return true;
  };
const address =
  (direction: 'original' | 'reply', end: 'src' | 'dst'): Put =>
  (facts, value) => {
    if (value.type !== 'address') return false;
    facts[direction][end] = value.address;
    // The kernel drops IPv6 packets with IPv4-mapped sources, so that an address tells its flow's family.
    facts.family ??= familyNumber(value.address.family);
    return true;
  };
const port = (direction: 'original' | 'reply', end: 'sport' | 'dport'): Put =>
  number((facts, value) => {
    facts[direction][end] = value;
  });
const icmp = (name: 'type' | 'code' | 'id'): Put =>
  number((facts, value) => {
    facts.original[name] = value;
  });

/** The fields of which one exact value is something that the kernel can compare. */
const EXACT: Readonly<Record<string, Put>> = {
  family: number((facts, value) => {
    facts.family = value;
  }),
  proto: number((facts, value) => {
    facts.protonum = value;
  }),
  zone: number((facts, value) => {
    facts.zone = value;
  }),
  mark: (facts, value) => {
    if (value.type === 'number') facts.mark = { value: value.value, mask: 0xffffffff };
    else if (value.type === 'masked') facts.mark = { value: value.value, mask: value.mask };
    else return false;
    return true;
  },
  src: address('original', 'src'),
  dst: address('original', 'dst'),
  'reply.src': address('reply', 'src'),
  'reply.dst': address('reply', 'dst'),
  sport: port('original', 'sport'),
  dport: port('original', 'dport'),
  'reply.sport': port('reply', 'sport'),
  'reply.dport': port('reply', 'dport'),
  'icmp.type': icmp('type'),
  'icmp.code': icmp('code'),
  'icmp.id': icmp('id'),
};

const addStatus = (facts: Facts, value: number, mask: number): void => {
  facts.status = {
    value: ((facts.status?.value ?? 0) | value) >>> 0,
    mask: ((facts.status?.mask ?? 0) | mask) >>> 0,
  };
};

/** What one test says for certain: nothing, one thing, or one of several things. */
function alternatives(test: Test): Add[] | undefined {
  if (test.field === 'unreplied' && test.op === 'exists') return [facts => addStatus(facts, 0, STATUS.SEEN_REPLY)];
  if (test.field === 'assured' && test.op === 'exists')
    return [facts => addStatus(facts, STATUS.ASSURED, STATUS.ASSURED)];
  if (test.field === 'status' && (test.op === 'all' || (test.op === 'eq' && test.values.length === 1))) {
    const mask = test.values.reduce((bits, value) => (value.type === 'number' ? bits | value.value : bits), 0) >>> 0;
    return mask === 0 ? undefined : [facts => addStatus(facts, mask, mask)];
  }
  const put = EXACT[test.field];
  if (put === undefined || test.op !== 'eq' || test.values.length > MAX_DUMPS) return undefined;
  const probe: Facts = { original: {}, reply: {} };
  if (!test.values.every(value => put(clone(probe), value))) return undefined;
  return test.values.map(value => facts => void put(facts, value));
}

/** The filter as an OR of facts, each of which it implies; `[{}]`-like (one without facts) when nothing is certain. */
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
      // Terms that are certain first; then those with alternatives, as long as there are not too many in all.
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

/** Facts of both. Where they contradict each other either side may stand: nothing matches, and the predicate sees to it. */
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

/** Facts to kernel filters: as much of them as the kernel compares rightly. */
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
 * The look-ups that answer an exact tuple with ports, where the zone is given too: without it every zone may have the tuple. The original tuple
 * of an entry whose zone holds for the reply direction alone lies in zone 0.
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

/** Splits a filter: what is answered here goes to the kernel, and the whole filter is evaluated on what comes back. */
export function planKernel(filter: Filter): KernelPlan {
  const all = factsOf(filter, { original: {}, reply: {} });
  const [only] = all;
  if (all.length === 1 && only !== undefined) {
    const refs = lookupsOf(only);
    if (refs !== undefined) return { kind: 'lookup', refs, why: 'the filter names one tuple in one zone' };
  }
  const filters = all.flatMap(toKernel);
  if (filters.length > MAX_DUMPS || filters.some(part => Object.keys(part).length === 0))
    return { kind: 'dumps', filters: [{}], why: 'nothing in the filter is an exact value that the kernel compares' };
  return {
    kind: 'dumps',
    filters,
    why: filters.length === 1 ? 'one dump' : `${filters.length} dumps, one for each alternative`,
  };
}
