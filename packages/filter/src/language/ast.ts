import type { Address } from '@conntrack/flow';
import type { FieldName } from './field-table.js';
import type { Operator } from './operators.js';

/** Names for well-known address ranges, see `ADDRESS_CLASSES`. */
export type AddressClass = 'private' | 'loopback' | 'link-local' | 'multicast' | 'shared';

/** What an address can be compared with. IPv4-mapped IPv6 addresses stand here in their IPv4 form; prefixes have no host bits and are shorter than the address. */
export type AddressValue =
  | { readonly type: 'address'; readonly address: Address }
  | { readonly type: 'prefix'; readonly address: Address; readonly length: number }
  /** First and last address, both included, of one family. */
  | { readonly type: 'addresses'; readonly from: Address; readonly to: Address }
  /** A mask with holes, as conntrack(8)'s `--mask-src` allows. */
  | { readonly type: 'netmask'; readonly address: Address; readonly mask: Address }
  | { readonly type: 'class'; readonly name: AddressClass };

/** One state of one protocol by its kernel number. */
export interface ProtocolState {
  readonly protonum: number;
  readonly state: number;
}

/** One value of a test, resolved: nothing in it needs parsing again. JSON-safe. */
export type Value =
  /**
   * A number in the field's unit: ports, marks, ids; `proto` (IANA), `family` (`AF_INET` 2, `AF_INET6` 10), `status` (a bit mask,
   * one bit), `event` and `dccp.role` (position in the field's `values`), bytes, packets, seconds, milliseconds since 1970.
   */
  | { readonly type: 'number'; readonly value: number }
  /** Both ends included. */
  | { readonly type: 'range'; readonly from: number; readonly to: number }
  /** `(field & mask) === value`, as conntrack(8)'s `--mark value/mask`. 32 bits, unsigned. */
  | { readonly type: 'masked'; readonly value: number; readonly mask: number }
  | AddressValue
  /** A state or a group of states, with every protocol's number that it means. */
  | { readonly type: 'state'; readonly name: string; readonly states: readonly ProtocolState[] }
  /** A label by bit, by name, or by both where a label map was at hand. */
  | { readonly type: 'label'; readonly name?: string; readonly bit?: number }
  | { readonly type: 'text'; readonly text: string }
  /** A name with `*` in it: the pieces between the stars. */
  | { readonly type: 'glob'; readonly parts: readonly string[] }
  /** What `src-nat`, `dst-nat` and `any-nat` compare: an address after translation and its port. */
  | { readonly type: 'endpoint'; readonly address: AddressValue; readonly port?: number }
  /** One of the field's `values`, where they have no number (`nat`). */
  | { readonly type: 'name'; readonly name: string };

/** The single numbers among values. */
export const numbersOf = (values: readonly Value[]): number[] =>
  values.flatMap(value => (value.type === 'number' ? value.value : []));

/**
 * One predicate. The values are an OR (`all`: an AND; `pair`: exactly two, one for each end); `exists` has none; the
 * comparisons have one number.
 */
export interface Test<Name extends string = FieldName> {
  readonly kind: 'test';
  readonly field: Name;
  readonly op: Operator;
  readonly values: readonly Value[];
}

/** The filter language's abstract syntax. `Name`: the fields that it is about. */
export type Filter<Name extends string = FieldName> =
  | { readonly kind: 'all' }
  | { readonly kind: 'and'; readonly terms: readonly Filter<Name>[] }
  | { readonly kind: 'or'; readonly terms: readonly Filter<Name>[] }
  | { readonly kind: 'not'; readonly term: Filter<Name> }
  | Test<Name>;

/** The filter that every flow passes. */
export const ALL: Filter = Object.freeze({ kind: 'all' });

const flatten = (kind: 'and' | 'or', terms: readonly Filter[]): readonly Filter[] =>
  terms.some(term => term.kind === kind)
    ? terms.flatMap(term => (term.kind === kind ? flatten(kind, term.terms) : [term]))
    : terms;

/** All of the terms, in normal form: flat, without `all`, never with fewer than two terms. Of none: `all`. */
export function allOf(terms: readonly Filter[]): Filter {
  const flat = flatten('and', terms).filter(term => term.kind !== 'all');
  return flat.length === 0 ? ALL : flat.length === 1 ? flat[0]! : { kind: 'and', terms: flat };
}

/** Any of the terms, in normal form: flat, never with fewer than two terms. Of none: the filter that nothing passes. */
export function anyOf(terms: readonly Filter[]): Filter {
  const flat = flatten('or', terms);
  if (flat.some(term => term.kind === 'all')) return ALL;
  return flat.length === 0 ? negate(ALL) : flat.length === 1 ? flat[0]! : { kind: 'or', terms: flat };
}

/** The exact complement; twice is the filter itself. */
export const negate = (term: Filter): Filter => (term.kind === 'not' ? term.term : { kind: 'not', term });

/** The same filter in normal form, which is what the parsers make and the printers keep. */
export function normalize(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
      return allOf(filter.terms.map(normalize));
    case 'or':
      return anyOf(filter.terms.map(normalize));
    case 'not':
      return negate(normalize(filter.term));
    default:
      return filter;
  }
}

/** Every test of a filter, left to right. */
export function* testsOf(filter: Filter): Generator<Test> {
  if (filter.kind === 'test') yield filter;
  else if (filter.kind === 'not') yield* testsOf(filter.term);
  else if (filter.kind !== 'all') for (const term of filter.terms) yield* testsOf(term);
}

/** Which fields a filter reads: what a source must provide. */
export const fieldsOf = (filter: Filter): Set<FieldName> => new Set(Array.from(testsOf(filter), test => test.field));
