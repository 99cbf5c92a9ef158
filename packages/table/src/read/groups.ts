import { FIELDS, type Filter, type FlowField, negate, parseQuery, type Test, type Value } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { numberName } from '@conntrack/filter/print';
import { type Address, type End, type FlowCursor, formatAddress, STATUS_BITS, stateName } from '@conntrack/flow';
import { formatPrefix, MAPPED_WORD, networkOf, prefixMasks } from '@conntrack/flow/codec';

/** The key of a group. A number where possible, because a Map is fastest with numbers. */
export type GroupKey = number | string;

/** The key of the flows that do not have the field. */
export const ABSENT = -1;

/** The value of a group, as the JSON of a flow has it. */
export type GroupValue = string | number | boolean;

/** How rows are grouped by a field: how to read the key from a cursor, and what a key (not {@link ABSENT}) means. */
export interface Grouping {
  key(cursor: FlowCursor): GroupKey;
  value(key: GroupKey): GroupValue;
  /** The filter that selects exactly the flows with this key. */
  filter(key: GroupKey): Filter;
}

/** Numbers of leading bits that addresses are grouped by. */
export interface PrefixLengths {
  readonly ipv4: number;
  readonly ipv6: number;
}
const WHOLE: PrefixLengths = { ipv4: 32, ipv6: 128 };

const test = ({ name }: FlowField, ...values: Value[]): Test => ({
  kind: 'test',
  field: name,
  op: values.length === 0 ? 'exists' : 'eq',
  values,
});

/** The filter of the flows that do not have a field. */
export const absentFilter = (field: FlowField): Filter => negate(test(field));

/** Writes the words of an IPv6 address as a string of eight UTF-16 units, which is faster than their text. */
const packed = (a: number, b: number, c: number, d: number): string =>
  String.fromCharCode(a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff);

function addressOf(key: GroupKey): Address {
  if (typeof key === 'number') return { family: 'ipv4', words: [0, 0, MAPPED_WORD, key] };
  const word = (at: number): number => ((key.charCodeAt(at) << 16) | key.charCodeAt(at + 1)) >>> 0;
  return { family: 'ipv6', words: [word(0), word(2), word(4), word(6)] };
}

/** Groups by an address or its prefix. An IPv4-mapped IPv6 address is its IPv4 address, as in filters. */
export function addressGrouping(field: FlowField, end: End, lengths: PrefixLengths = WHOLE): Grouping {
  const any: Address = { family: 'ipv6', words: [0, 0, 0, 0] };
  const [a, b, c, d] = prefixMasks({ address: any, length: lengths.ipv6 });
  const [, , , v4] = prefixMasks({ address: { ...any, family: 'ipv4' }, length: lengths.ipv4 });
  const prefixOf = (key: GroupKey) => {
    const address = addressOf(key);
    const length = lengths[address.family];
    return { address, length, whole: length === WHOLE[address.family] };
  };
  return {
    key(cursor) {
      const first = cursor.word(end, 0);
      if (first < 0) return ABSENT;
      const second = cursor.word(end, 1);
      const third = cursor.word(end, 2);
      const last = cursor.word(end, 3);
      if (third === MAPPED_WORD && first === 0 && second === 0) return (last & v4) >>> 0;
      return packed(first & a, second & b, third & c, last & d);
    },
    value(key) {
      const { address, length, whole } = prefixOf(key);
      return whole ? formatAddress(address) : formatPrefix({ address, length });
    },
    filter(key) {
      const { address, length, whole } = prefixOf(key);
      return test(field, whole ? { type: 'address', address } : { type: 'prefix', ...networkOf({ address, length }) });
    },
  };
}

const stateGrouping = (): Grouping => ({
  key: cursor => {
    const number = cursor.state();
    return number < 0 ? ABSENT : stateName(cursor.protonum(), number);
  },
  value: String,
  // Without its protocol, CLOSING is the group of states.
  filter: key => parseQuery(`state=${key === 'CLOSING' ? 'dccp:CLOSING' : key}`).filter,
});

/** Texts are compared without case, as in filters. */
const textGrouping = (field: FlowField, read: (cursor: FlowCursor) => string | undefined): Grouping => ({
  key: cursor => read(cursor)?.toLowerCase() || ABSENT,
  value: String,
  filter: key => test(field, { type: 'text', text: String(key) }),
});

const flagGrouping = (field: FlowField): Grouping => {
  const filter = test(field);
  const holds = compileFilter(filter);
  return {
    key: cursor => (holds(cursor) ? 1 : 0),
    value: Boolean,
    filter: key => (key === 0 ? negate(filter) : filter),
  };
};

const KINDS = ['none', 'src', 'dst', 'src,dst'] as const;

/** Groups by what is translated: nothing, the source, the destination, or both. */
const natGrouping = (field: FlowField): Grouping => {
  const of = (name: string): Test => test(field, { type: 'name', name });
  const [source, destination] = [compileFilter(of('src')), compileFilter(of('dst'))];
  return {
    key: cursor => (source(cursor) ? 1 : 0) + (destination(cursor) ? 2 : 0),
    value: key => KINDS[Number(key)]!,
    filter: key => {
      if (key === 0) return of('none');
      const terms = [of('src'), of('dst')].map((term, bit) => ((Number(key) >> bit) & 1 ? term : negate(term)));
      return { kind: 'and', terms };
    },
  };
};

const BITS = [
  ...STATUS_BITS.keys(),
  ...Array.from({ length: 32 - STATUS_BITS.length }, (_, i) => i + STATUS_BITS.length),
];

/** Groups by the whole status. */
const statusGrouping = (field: FlowField): Grouping => ({
  key: cursor => cursor.status(),
  value: key => numberName(field, Number(key))!,
  filter: key => {
    const values = (set: number): Value[] =>
      BITS.filter(bit => ((Number(key) >>> bit) & 1) === set).map(bit => ({ type: 'number', value: 2 ** bit }));
    const clear: Filter = negate(test(field, ...values(0)));
    return Number(key) === 0
      ? { kind: 'and', terms: [test(field), clear] }
      : { kind: 'and', terms: [{ ...test(field), op: 'all', values: values(1) }, clear] };
  },
});

const numberGrouping = (field: FlowField, read: (cursor: FlowCursor) => number): Grouping => ({
  key: read,
  value: key => numberName(field, Number(key)) ?? Number(key),
  filter: key => test(field, { type: 'number', value: Number(key) }),
});

/** Types of numbers that many entries share. Times, counters and ids are not among them. */
const SHARED: ReadonlySet<FlowField['type']> = new Set(['family', 'protocol', 'port', 'number', 'hex', 'enum']);

/** Returns how rows are grouped by a field of the filter language; `undefined` if a flow has several values, or each has its own. */
function groupingOf(field: FlowField): Grouping | undefined {
  const { name, type, requires, read: { numbers = [], ends = [], text } = {} } = field;
  if (requires === 'events') return undefined;
  if (type === 'state') return stateGrouping();
  if (type === 'status') return statusGrouping(field);
  if (type === 'flag' || type === 'nat') return flagGrouping(field);
  if (type === 'name') return natGrouping(field);
  if (text !== undefined) return textGrouping(field, text);
  if (ends.length === 1) return addressGrouping(field, ends[0]!);
  const [read] = numbers;
  if (read === undefined || numbers.length > 1 || !SHARED.has(type) || name === 'id') return undefined;
  return numberGrouping(field, read);
}

/** The fields that `top` can group by. Flows without the field are a group of their own. */
export const GROUPINGS: Readonly<Record<string, Grouping>> = Object.fromEntries(
  FIELDS.flatMap(field => {
    const grouping = groupingOf(field);
    return grouping === undefined ? [] : [[field.name, grouping] as const];
  }),
);
