import type { Operator } from './operators.js';

/** How a field's values are written and compared. */
export type FieldType =
  | 'family'
  | 'protocol'
  | 'address'
  | 'pair'
  | 'port'
  | 'number'
  | 'hex'
  | 'size'
  | 'duration'
  | 'time'
  | 'state'
  | 'status'
  | 'label'
  | 'text'
  | 'enum'
  | 'name'
  | 'flag'
  | 'nat';

/** What a source may lack: each is a sysctl or a kind of source, see `REQUIREMENTS`. */
export type Requirement = 'accounting' | 'timestamps' | 'events';

/** One field of the language, as parsers and printers need it. */
export interface Field<Name extends string = string> {
  /** The canonical name. */
  readonly name: Name;
  /** Other accepted names; conntrack(8)'s long options among them. */
  readonly aliases: readonly string[];
  readonly type: FieldType;
  /** Unit of its numbers in the AST. */
  readonly unit?: 'bytes' | 'packets' | 'seconds' | 'milliseconds since 1970';
  /** Smallest number that is a value (default 0): a zone of 0 is none. */
  readonly min?: number;
  /** Largest number. */
  readonly max?: number;
  /** The names it takes, in kernel order where the AST has their number. */
  readonly values?: readonly string[];
  /** Protocols (IANA numbers) that have it; all when absent. */
  readonly protocols?: readonly number[];
  readonly requires?: Requirement;
  /** For a word: it holds when a known status has any of (or, with `clear`, none of) these bits. */
  readonly status?: { readonly mask: number; readonly clear?: true };
}

/** What is said of a field under its name. */
export type FieldRow = Omit<Field, 'name' | 'aliases'> & Partial<Pick<Field, 'aliases'>>;

/** The fields that a text can be about, frozen, each with the facts that its table adds. {@link fieldTable} makes one. */
export interface FieldTable<Name extends string = string, Facts = unknown> {
  /** Every field, in the order of documentation. */
  readonly fields: readonly (Field<Name> & Facts)[];
  /** A field by name or alias, case-insensitive; `undefined` when there is none. */
  find(name: string): (Field<Name> & Facts) | undefined;
}

/** The table of fields by name. */
export function fieldTable<Name extends string, Facts = unknown>(
  rows: Readonly<Record<Name, FieldRow & Facts>>,
): FieldTable<Name, Facts> {
  const byName = new Map<string, Field<Name> & Facts>();
  const fields = Object.entries<FieldRow & Facts>(rows).map(([name, row]) => {
    const field = Object.freeze({ name, aliases: [], ...row }) as Field<Name> & Facts;
    for (const each of [name, ...field.aliases]) byName.set(each, field);
    return field;
  });
  return Object.freeze({
    fields: Object.freeze(fields),
    find: (name: string) => byName.get(name) ?? byName.get(name.toLowerCase()),
  });
}

const EQ: readonly Operator[] = ['eq', 'exists'];
const SETS: readonly Operator[] = ['eq', 'all', 'exists'];
const ORDERED: readonly Operator[] = ['eq', 'gt', 'gte', 'lt', 'lte', 'exists'];
const OPERATORS: Partial<Record<FieldType, readonly Operator[]>> = {
  port: ORDERED,
  number: ORDERED,
  hex: ORDERED,
  size: ORDERED,
  duration: ORDERED,
  time: ORDERED,
  status: SETS,
  label: SETS,
  pair: ['eq'],
  flag: ['exists'],
};

/** The operators that a field takes; `eq` can be negated. */
export const operatorsOf = ({ type }: Pick<Field, 'type'>): readonly Operator[] => OPERATORS[type] ?? EQ;

/** Whether a field stands for itself as a word: `unreplied`, `src-nat`. */
export const isWord = ({ type }: Field): boolean => type === 'flag' || type === 'nat';

/** Every name and alias, for suggestions. */
export const fieldNames = ({ fields }: FieldTable): string[] =>
  fields.flatMap(({ name, aliases }) => [name, ...aliases]);
