import { type AddressValue, type Filter, type FlowField, findField, type Test, type Value } from '@conntrack/filter';
import { addressRanges } from '@conntrack/filter/compile';
import type { LabelMap } from '@conntrack/flow';
import { STATUS } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import type { Parameters } from './parameters.js';

/** The columns of both tuples, by the number of the end. */
const ADDRESSES = ['src', 'dst', 'reply_src', 'reply_dst'] as const;
const PORTS = ['sport', 'dport', 'reply_sport', 'reply_dport'] as const;

/** IPv4 addresses in the shared space: an IPv6 range that covers them does not mean them. */
const MAPPED_FROM = "'00000000-0000-0000-0000-ffff00000000'::UUID";
const MAPPED_TO = "'00000000-0000-0000-0000-ffffffffffff'::UUID";

const anyOf = (terms: readonly string[]): string => (terms.length === 0 ? 'false' : `(${terms.join(' OR ')})`);
const allOf = (terms: readonly string[]): string => (terms.length === 0 ? 'true' : `(${terms.join(' AND ')})`);

/** Returns the columns that a field of the language is read from: those of its readers, or one of its own name. */
export function columnsOf({ name, type, read: { numbers = [], ends } = {} }: FlowField): readonly string[] {
  if (ends !== undefined) return ends.map(end => ADDRESSES[end]);
  const column = name.replaceAll('.', '_');
  if (numbers.length < 2) return [column];
  return type === 'port' ? PORTS : [`orig_${column}`, `reply_${column}`];
}

/** Columns that are computed from others, or that are stored only together with others. */
const MADE_FROM: Readonly<Record<string, readonly string[]>> = {
  bytes: ['orig_bytes', 'reply_bytes'],
  packets: ['orig_packets', 'reply_packets'],
  age: ['start'],
  stop: [],
  zone: ['zone', 'orig_zone', 'reply_zone'],
  reply_src: ['reply_src', 'dst'],
  reply_dst: ['reply_dst', 'src'],
  reply_sport: ['reply_sport', 'dport'],
  reply_dport: ['reply_dport', 'sport'],
  reply_gre_srckey: ['reply_gre_srckey', 'gre_dstkey'],
  reply_gre_dstkey: ['reply_gre_dstkey', 'gre_srckey'],
};
const TUPLES = [...ADDRESSES, ...PORTS, 'icmp_id', 'reply_icmp_id', 'status'];

/** Returns the recorded columns that a question about a field needs. */
export function neededColumns(name: string): readonly string[] {
  const field = findField(name)!;
  const { type } = field;
  if (type === 'pair') return ADDRESSES;
  if (type === 'nat' || type === 'name') return TUPLES;
  if (type === 'flag') return ['status'];
  return columnsOf(field).flatMap(column => MADE_FROM[column] ?? [column]);
}

/** Whether a field outlives its flow: it never changes, its changes are reported, or the event of the end carries it. What an index, a fleet or a stream of events adds does not. */
export const isRecorded = ({ events, requires }: Pick<FlowField, 'events' | 'requires'>): boolean =>
  (requires === undefined || requires === 'accounting' || requires === 'timestamps') &&
  (events?.moves !== 'silent' || events.carried === undefined || events.carried.includes('destroy'));

/** Refuses a field that is not recorded. @throws TableError FIELD_UNAVAILABLE */
export function checkPast(name: string): void {
  if (!isRecorded(findField(name)!))
    throw new TableError(
      'FIELD_UNAVAILABLE',
      `'${name}' cannot be asked of the past: it is only known while a flow exists. Remove it from the question`,
      { field: name },
    );
}

/** The condition that the flows of a filter meet in SQL. It reads the columns of `ASKED_COLUMNS`. */
export class Condition {
  readonly #parameters: Parameters;
  readonly #labels: LabelMap | undefined;

  constructor(parameters: Parameters, labels?: LabelMap) {
    this.#parameters = parameters;
    this.#labels = labels;
  }

  /** @throws TableError FIELD_UNAVAILABLE for a field that is not recorded */
  of(filter: Filter): string {
    switch (filter.kind) {
      case 'all':
        return 'true';
      case 'and':
        return allOf(filter.terms.map(term => this.of(term)));
      case 'or':
        return anyOf(filter.terms.map(term => this.of(term)));
      case 'not':
        // A comparison with an unknown value is neither true nor false in SQL. Here it is false, and its negation true.
        return `NOT coalesce(${this.of(filter.term)}, false)`;
      default:
        return this.#test(filter);
    }
  }

  #test(test: Test): string {
    checkPast(test.field);
    if (test.op === 'all') return allOf(test.values.map(value => this.#test({ ...test, op: 'eq', values: [value] })));
    const field = findField(test.field)!;
    const { numbers, ends, text, at } = field.read ?? {};
    const columns = columnsOf(field);
    if (numbers !== undefined || at !== undefined)
      return anyOf(columns.map(column => this.#number(field, column, test)));
    if (ends !== undefined) return anyOf(columns.map(column => this.#address(column, test)));
    if (text !== undefined) return this.#text(columns[0]!, test);
    return this.#byType(field, test);
  }

  #number(field: FlowField, column: string, { op, values }: Test): string {
    const { type, min = 0 } = field;
    if (type === 'state') return this.#state(op, values);
    if (op === 'exists') return type === 'time' ? `${column} IS NOT NULL` : `${column} >= ${min}`;
    const of = (value: number): string => {
      // AF_INET and AF_INET6 are recorded as 4 and 6.
      if (type === 'family') return this.#parameters.number(value === 2 ? 4 : 6);
      return type === 'time' ? this.#parameters.time(value) : this.#parameters.number(value);
    };
    const [first] = values;
    const sign = { gt: '>', gte: '>=', lt: '<', lte: '<=', eq: undefined, all: undefined }[op];
    if (sign !== undefined) return `${column} ${sign} ${of((first as { value: number }).value)}`;
    const singles = values.flatMap(value => (value.type === 'number' ? [of(value.value)] : []));
    const others = values.flatMap(value => {
      if (value.type === 'range') return [`${column} BETWEEN ${of(value.from)} AND ${of(value.to)}`];
      if (value.type !== 'masked') return [];
      return [`(${column}::BIGINT & ${of(value.mask)}) = ${of(value.value)}`];
    });
    return anyOf(singles.length === 0 ? others : [`${column} IN (${singles.join(', ')})`, ...others]);
  }

  #state(op: Test['op'], values: readonly Value[]): string {
    if (op === 'exists') return 'state IS NOT NULL';
    const states = values.flatMap(value => (value.type === 'state' ? value.states : []));
    const { number } = this.#parameters;
    const bind = number.bind(this.#parameters);
    return anyOf(states.map(({ protonum, state }) => `(proto = ${bind(protonum)} AND state = ${bind(state)})`));
  }

  #address(column: string, { op, values }: Pick<Test, 'op' | 'values'>): string {
    if (op === 'exists') return `${column} IS NOT NULL`;
    const singles: string[] = [];
    const others: string[] = [];
    for (const value of values as readonly AddressValue[]) {
      if (value.type === 'address') singles.push(this.#parameters.address(value.address));
      else if (value.type === 'netmask') others.push(this.#netmask(column, value));
      else
        for (const [from, to] of addressRanges(value)) {
          const inside = `${column} BETWEEN ${this.#parameters.address(from)} AND ${this.#parameters.address(to)}`;
          others.push(
            from.family === 'ipv4' ? inside : `(${inside} AND ${column} NOT BETWEEN ${MAPPED_FROM} AND ${MAPPED_TO})`,
          );
        }
    }
    return anyOf(singles.length === 0 ? others : [`${column} IN (${singles.join(', ')})`, ...others]);
  }

  /** A mask with holes: compares the four words of the address, which its text has in hexadecimal. */
  #netmask(column: string, { address, mask }: Extract<AddressValue, { type: 'netmask' }>): string {
    const mapped = `${column} BETWEEN ${MAPPED_FROM} AND ${MAPPED_TO}`;
    const words = mask.words.map((bits, i) => {
      const word = `('0x' || substr(replace(${column}::VARCHAR, '-', ''), ${1 + 8 * i}, 8))::BIGINT`;
      return `(${word} & ${this.#parameters.number(bits)}) = ${this.#parameters.number(address.words[i]!)}`;
    });
    return allOf([address.family === 'ipv4' ? mapped : `NOT (${mapped})`, ...words]);
  }

  #text(column: string, { op, values }: Test): string {
    if (op === 'exists') return `${column} <> ''`;
    return anyOf(
      values.map(value => {
        if (value.type !== 'glob')
          return `lower(${column}) = ${this.#parameters.text((value as { text: string }).text.toLowerCase())}`;
        const pattern = value.parts.map(part => part.toLowerCase().replace(/[\\%_]/g, '\\$&')).join('%');
        return `lower(${column}) LIKE ${this.#parameters.text(pattern)} ESCAPE '\\'`;
      }),
    );
  }

  #byType({ type, status }: FlowField, test: Test): string {
    const { op, values } = test;
    switch (type) {
      case 'pair':
        return this.#pair(values as readonly AddressValue[]);
      case 'status': {
        if (op === 'exists') return 'status IS NOT NULL';
        const mask = values.reduce((bits, value) => (bits | (value as { value: number }).value) >>> 0, 0);
        return `(status::BIGINT & ${this.#parameters.number(mask)}) <> 0`;
      }
      case 'flag':
        return `(status::BIGINT & ${status!.mask}) ${status!.clear === true ? '=' : '<>'} 0`;
      case 'label':
        return this.#label(test);
      case 'name':
        return this.#natKinds(test);
      default:
        return this.#natEndpoints(test);
    }
  }

  #pair(values: readonly AddressValue[]): string {
    const between = (src: string, dst: string): string[] =>
      [values, [...values].reverse()].map(([one, other]) =>
        allOf([this.#address(src, { op: 'eq', values: [one!] }), this.#address(dst, { op: 'eq', values: [other!] })]),
      );
    return anyOf([...between('src', 'dst'), ...between('reply_src', 'reply_dst')]);
  }

  #label({ op, values }: Test): string {
    if (op === 'exists') return 'len(label) > 0';
    const keys = (values as readonly Extract<Value, { type: 'label' }>[]).flatMap(({ bit, name }) => [
      bit ?? this.#labels?.bit(name ?? ''),
      name ?? this.#labels?.name(bit ?? -1),
    ]);
    return anyOf(
      keys.filter(key => key !== undefined).map(key => `list_contains(label, ${this.#parameters.text(String(key))})`),
    );
  }

  #natKinds({ op, values }: Test): string {
    const any = anyOf([translated('src'), translated('dst')]);
    if (op === 'exists') return any;
    return anyOf(
      values.map(value => {
        const { name } = value as { name: string };
        if (name === 'any') return any;
        return name === 'none' ? `NOT coalesce(${any}, false)` : translated(name as 'src' | 'dst');
      }),
    );
  }

  #natEndpoints({ field, op, values }: Test): string {
    const name = field.slice(0, 3);
    const sides = name === 'any' ? (['src', 'dst'] as const) : ([name] as readonly ('src' | 'dst')[]);
    return anyOf(
      sides.map(side => {
        if (op === 'exists') return translated(side);
        const to = side === 'src' ? 'reply_dst' : 'reply_src';
        const port = side === 'src' ? 'reply_dport' : 'reply_sport';
        const ends = (values as readonly Extract<Value, { type: 'endpoint' }>[]).map(value =>
          allOf([
            this.#address(to, { op: 'eq', values: [value.address] }),
            ...(value.port === undefined ? [] : [`${port} = ${this.#parameters.number(value.port)}`]),
          ]),
        );
        return allOf([translated(side), anyOf(ends)]);
      }),
    );
  }
}

/** Whether an end is translated, as `isTranslated` of `@conntrack/flow/codec` decides it. */
function translated(side: 'src' | 'dst'): string {
  const bit = side === 'src' ? STATUS.SRC_NAT : STATUS.DST_NAT;
  const differs =
    side === 'src'
      ? 'src IS DISTINCT FROM reply_dst OR sport IS DISTINCT FROM reply_dport OR icmp_id IS DISTINCT FROM reply_icmp_id'
      : 'dst IS DISTINCT FROM reply_src OR dport IS DISTINCT FROM reply_sport';
  return `(coalesce((status::BIGINT & ${STATUS.CONFIRMED}) = 0 OR (status::BIGINT & ${bit}) <> 0, true) AND (${differs}))`;
}
