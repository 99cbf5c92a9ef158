import type { Operator } from './operators.js';

/** How the values of a field are written and compared. */
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

/** What a source may not record: each depends on a sysctl, an index or the kind of source, see `REQUIREMENTS`. */
export type Requirement = 'accounting' | 'timestamps' | 'index' | 'rates' | 'events' | 'fleet';

/** One field of the language, as parsers and printers need it. */
export interface Field<Name extends string = string> {
  /** The canonical name. */
  readonly name: Name;
  /** Other accepted names, with the long options of conntrack(8). */
  readonly aliases: readonly string[];
  /** How the values of the field are written and compared. */
  readonly type: FieldType;
  /** The unit of the field's numbers in the AST. */
  readonly unit?: 'bytes' | 'packets' | 'bytes a second' | 'seconds' | 'milliseconds since 1970';
  /** Smallest number that counts as a value (default: 0). A zone of 0 means no zone. */
  readonly min?: number;
  /** Largest number. */
  readonly max?: number;
  /** The names that the field can have. If the AST has their numbers, in the order of the kernel. */
  readonly values?: readonly string[];
  /** Protocols (IANA numbers) that have the field. Default: all. */
  readonly protocols?: readonly number[];
  /** What a source must record for the field. */
  readonly requires?: Requirement;
  /** For a word: it is true if the status is known and has any of these bits or, with `clear`, none of them. */
  readonly status?: { readonly mask: number; readonly clear?: true };
}

/** A field without its name, as a table of fields has it. */
export type FieldRow = Omit<Field, 'name' | 'aliases'> & Partial<Pick<Field, 'aliases'>>;

/** The fields that a filter can be about, frozen, with the further facts of their table. {@link fieldTable} makes one. */
export interface FieldTable<Name extends string = string, Facts = unknown> {
  /** Every field, in the order of the documentation. */
  readonly fields: readonly (Field<Name> & Facts)[];
  /** Finds a field by its name or alias, case-insensitive; returns `undefined` if there is none. */
  find(name: string): (Field<Name> & Facts) | undefined;
}

/** Makes the table of fields from rows by name. */
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

/** The operators that a field supports; `eq` can be negated. */
export const operatorsOf = ({ type }: Pick<Field, 'type'>): readonly Operator[] => OPERATORS[type] ?? EQ;

/** Whether a field is written as a word, without a value: `unreplied`, `src-nat`. */
export const isWord = ({ type }: Field): boolean => type === 'flag' || type === 'nat';

/** Every name and alias, for suggestions. */
export const fieldNames = ({ fields }: FieldTable): string[] =>
  fields.flatMap(({ name, aliases }) => [name, ...aliases]);
