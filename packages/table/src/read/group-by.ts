import { allOf, type Filter, type FlowField, findField } from '@conntrack/filter';
import type { FlowCursor } from '@conntrack/flow';
import { suggestion } from '@conntrack/flow/checks';
import { TableError } from '@conntrack/flow/table';
import {
  ABSENT,
  absentFilter,
  addressGrouping,
  GROUPINGS,
  type Grouping,
  type GroupKey,
  type GroupValue,
} from './groups.js';

/** How rows are grouped by one or more fields. */
export interface GroupBy {
  /** The fields as text, in canonical form: `src/24,dport`. */
  readonly text: string;
  /** The names of the fields. */
  readonly fields: readonly string[];
  /** The key of a row: {@link ABSENT} if the row has none of the fields. */
  key(cursor: FlowCursor): GroupKey;
  /** The values of a group by field. A field that its flows do not have is absent. */
  values(key: GroupKey): Record<string, GroupValue>;
  /** The filter that selects exactly the flows of a group. */
  filter(key: GroupKey): Filter;
}

interface Term {
  readonly text: string;
  readonly field: FlowField;
  readonly grouping: Grouping;
}

/** The length for IPv6 if only one for IPv4 is given: the size of one network. */
const V6_NETWORK = 64;

const invalid = (message: string): TableError => new TableError('SORT_INVALID', message);

/** Parses `24`, `56` or `24/56`. One length up to 32 is for IPv4; IPv6 is then grouped by /64. One above 32 is for IPv6 only. */
function lengthsOf(lengths: readonly string[], text: string): { ipv4: number; ipv6: number } {
  const numbers = lengths.map(length => (/^[1-9]\d{0,2}$/.test(length) ? Number(length) : Number.NaN));
  const [one, other] = numbers as [number, number?];
  const ipv4 = other !== undefined || one <= 32 ? one : 32;
  const ipv6 = other ?? (one <= 32 ? V6_NETWORK : one);
  if (numbers.length > 2 || !(ipv4 <= 32 && ipv6 <= 128))
    throw invalid(
      `cannot group by '${text}': a prefix length must be 1 to 32 for IPv4 and 1 to 128 for IPv6. Examples: src/24, src/56, src/24/56`,
    );
  return { ipv4, ipv6 };
}

function lengthText({ ipv4, ipv6 }: { ipv4: number; ipv6: number }): string {
  if (ipv4 === 32 && ipv6 > 32) return ipv6 === 128 ? '' : `/${ipv6}`;
  return ipv6 === V6_NETWORK ? `/${ipv4}` : `/${ipv4}/${ipv6}`;
}

function termOf(text: string): Term {
  const [name = '', ...lengths] = text.split('/');
  const field = findField(name);
  const grouping = field && GROUPINGS[field.name];
  if (field === undefined || grouping === undefined)
    throw invalid(`cannot group by '${name}'${suggestion(name, Object.keys(GROUPINGS), 'Fields')}`);
  if (lengths.length === 0) return { text: field.name, field, grouping };
  const [end] = field.read?.ends ?? [];
  if (end === undefined)
    throw invalid(`cannot group by '${text}': only addresses have prefixes (src, dst, reply.src, reply.dst)`);
  const prefix = lengthsOf(lengths, text);
  return { text: field.name + lengthText(prefix), field, grouping: addressGrouping(field, end, prefix) };
}

/** Writes a key so that keys can be joined: each says where it ends. */
export function encodeKey(key: GroupKey): string {
  if (typeof key === 'string') return String.fromCharCode(2, key.length >>> 16, key.length & 0xffff) + key;
  return key === ABSENT ? '\0' : String.fromCharCode(1, key >>> 16, key & 0xffff);
}

/** Splits joined keys. */
function decodeKeys(joined: string): GroupKey[] {
  const keys: GroupKey[] = [];
  for (let at = 0; at < joined.length; ) {
    const kind = joined.charCodeAt(at++);
    if (kind === 0) {
      keys.push(ABSENT);
      continue;
    }
    const number = ((joined.charCodeAt(at) << 16) | joined.charCodeAt(at + 1)) >>> 0;
    at += 2;
    keys.push(kind === 1 ? number : joined.slice(at, at + number));
    if (kind === 2) at += number;
  }
  return keys;
}

/** Parses `src`, `src,dport` or `src/24`. @throws TableError SORT_INVALID, which suggests a similar field, or lists all */
export function parseGroupBy(by: string | readonly string[]): GroupBy {
  const terms = (typeof by === 'string' ? by.split(',') : by).map(termOf);
  const fields = terms.map(({ field }) => field.name);
  if (terms.length === 0) throw invalid(`no field to group by${suggestion('', Object.keys(GROUPINGS), 'Fields')}`);
  const repeated = fields.find((field, i) => fields.indexOf(field) !== i);
  if (repeated !== undefined) throw invalid(`cannot group by '${repeated}' twice`);
  const [only, ...more] = terms as [Term, ...Term[]];
  const { key: onlyKey } = only.grouping;
  const nothing = '\0'.repeat(terms.length);
  const keysOf = (key: GroupKey): GroupKey[] => {
    if (more.length === 0) return [key];
    return key === ABSENT ? terms.map(() => ABSENT) : decodeKeys(key as string);
  };
  return {
    text: terms.map(({ text }) => text).join(','),
    fields,
    key(cursor) {
      if (more.length === 0) return onlyKey(cursor);
      let joined = '';
      for (const { grouping } of terms) joined += encodeKey(grouping.key(cursor));
      return joined === nothing ? ABSENT : joined;
    },
    values: key =>
      Object.fromEntries(
        keysOf(key).flatMap((each, i) =>
          each === ABSENT ? [] : [[terms[i]!.field.name, terms[i]!.grouping.value(each)] as const],
        ),
      ),
    filter: key =>
      allOf(
        keysOf(key).map((each, i) => {
          const { field, grouping } = terms[i]!;
          return each === ABSENT ? absentFilter(field) : grouping.filter(each);
        }),
      ),
  };
}

/** Returns the text of a group, with `-` for a field that its flows do not have. */
export const groupText = ({ fields }: GroupBy, values: Readonly<Record<string, GroupValue>>): string =>
  fields
    .map(field => {
      const value = values[field] ?? '-';
      return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    })
    .join(' ');
