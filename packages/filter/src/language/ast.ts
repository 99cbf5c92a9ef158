import type { Address } from '@conntrack/flow';
import type { FieldName } from './field-table.js';
import type { Operator } from './operators.js';

/** The names of well-known address ranges, see `ADDRESS_CLASSES`. */
export type AddressClass = 'private' | 'loopback' | 'link-local' | 'multicast' | 'shared';

/**
 * What an address can be compared with. IPv4-mapped IPv6 addresses are in their IPv4 form. Prefixes have no host bits and are shorter than
 * an address.
 */
export type AddressValue =
  | { readonly type: 'address'; readonly address: Address }
  | { readonly type: 'prefix'; readonly address: Address; readonly length: number }
  /** First and last address, both included, of the same family. */
  | { readonly type: 'addresses'; readonly from: Address; readonly to: Address }
  /** A mask with holes, which conntrack(8)'s `--mask-src` allows. */
  | { readonly type: 'netmask'; readonly address: Address; readonly mask: Address }
  | { readonly type: 'class'; readonly name: AddressClass };

/** One state of one protocol, by its kernel number. */
export interface ProtocolState {
  /** IANA protocol number. */
  readonly protonum: number;
  /** The kernel's number of the state. */
  readonly state: number;
}

/** One value of a test, completely resolved: no part of it needs parsing again. Safe to convert to JSON. */
export type Value =
  /**
   * A number in the field's unit: ports, marks, ids; `proto` (IANA number), `family` (`AF_INET` 2, `AF_INET6` 10), `status` (a mask with
   * one bit), `event` and `dccp.role` (index in the field's `values`), bytes, packets, seconds, milliseconds since 1970.
   */
  | { readonly type: 'number'; readonly value: number }
  /** A range of numbers that includes both ends. */
  | { readonly type: 'range'; readonly from: number; readonly to: number }
  /** `(field & mask) === value`, as conntrack(8)'s `--mark value/mask`. 32 bits, unsigned. */
  | { readonly type: 'masked'; readonly value: number; readonly mask: number }
  | AddressValue
  /** A state or a group of states, with the numbers that it has in each protocol. */
  | { readonly type: 'state'; readonly name: string; readonly states: readonly ProtocolState[] }
  /** A label by bit, by name, or (if a label map was given) by both. */
  | { readonly type: 'label'; readonly name?: string; readonly bit?: number }
  | { readonly type: 'text'; readonly text: string }
  /** A name with `*`: the pieces between the stars. */
  | { readonly type: 'glob'; readonly parts: readonly string[] }
  /** The value of `src-nat`, `dst-nat` and `any-nat`: an address after translation, and its port. */
  | { readonly type: 'endpoint'; readonly address: AddressValue; readonly port?: number }
  /** One of the field's `values`, for fields whose values have no numbers (`nat`). */
  | { readonly type: 'name'; readonly name: string };

/** Returns the single numbers among values. */
export const numbersOf = (values: readonly Value[]): number[] =>
  values.flatMap(value => (value.type === 'number' ? value.value : []));

/**
 * One predicate. Any of its values may match (`all`: every value must match; `pair`: exactly two values, one for each end). `exists` has no
 * values; the comparisons have one number.
 */
export interface Test<Name extends string = FieldName> {
  readonly kind: 'test';
  readonly field: Name;
  readonly op: Operator;
  readonly values: readonly Value[];
}

/** The abstract syntax of the filter language. `Name`: the names of the fields. */
export type Filter<Name extends string = FieldName> =
  | { readonly kind: 'all' }
  | { readonly kind: 'and'; readonly terms: readonly Filter<Name>[] }
  | { readonly kind: 'or'; readonly terms: readonly Filter<Name>[] }
  | { readonly kind: 'not'; readonly term: Filter<Name> }
  | Test<Name>;

/** The filter that every flow matches. */
export const ALL: Filter = Object.freeze({ kind: 'all' });

const flatten = (kind: 'and' | 'or', terms: readonly Filter[]): readonly Filter[] =>
  terms.some(term => term.kind === kind)
    ? terms.flatMap(term => (term.kind === kind ? flatten(kind, term.terms) : [term]))
    : terms;

/** Joins terms with AND, in normal form: flat, without `all`, never fewer than two terms. Without terms it returns `all`. */
export function allOf(terms: readonly Filter[]): Filter {
  const flat = flatten('and', terms).filter(term => term.kind !== 'all');
  return flat.length === 0 ? ALL : flat.length === 1 ? flat[0]! : { kind: 'and', terms: flat };
}

/** Joins terms with OR, in normal form: flat, never fewer than two terms. Without terms it returns the filter that no flow matches. */
export function anyOf(terms: readonly Filter[]): Filter {
  const flat = flatten('or', terms);
  if (flat.some(term => term.kind === 'all')) return ALL;
  return flat.length === 0 ? negate(ALL) : flat.length === 1 ? flat[0]! : { kind: 'or', terms: flat };
}

/** Negates a filter. Negating twice returns the filter itself. */
export const negate = (term: Filter): Filter => (term.kind === 'not' ? term.term : { kind: 'not', term });

/** Brings a filter into normal form, which the parsers make and the printers keep. */
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

/** Yields every test of a filter, from left to right. */
export function* testsOf(filter: Filter): Generator<Test> {
  if (filter.kind === 'test') yield filter;
  else if (filter.kind === 'not') yield* testsOf(filter.term);
  else if (filter.kind !== 'all') for (const term of filter.terms) yield* testsOf(term);
}

/** Returns the fields that a filter reads, which its source must provide. */
export const fieldsOf = (filter: Filter): Set<FieldName> => new Set(Array.from(testsOf(filter), test => test.field));
