import { type Address, parseAddress } from '@conntrack/flow';
import { ORIGINAL_SRC } from '@conntrack/flow/codec';
import { type AddressCursor, addressTest } from '../compile/address-set.js';
import { compileTree, costOf } from '../compile/compile-tree.js';
import { textTest } from '../compile/name-tests.js';
import { numberTest } from '../compile/number-set.js';
import type { AddressValue, Filter, Test } from '../language/ast.js';
import { type Field, type FieldTable, fieldTable } from '../language/field.js';

/** What every field of a record can say about itself. */
interface Described extends Pick<Field, 'unit' | 'min' | 'max'> {
  /** Other accepted names. */
  readonly aliases?: readonly string[];
}

/**
 * A field of a record: how its values are written, and how they are read from a record. If `read` returns `undefined`, the record does not
 * have the field.
 */
export type RecordField<Row> = Described &
  (
    | {
        /** Numbers ≥ 0 in the unit of the type: seconds for `duration`, milliseconds since 1970 for `time`, IANA numbers for `protocol`. */
        readonly type: 'number' | 'hex' | 'size' | 'duration' | 'time' | 'port' | 'protocol';
        readonly read: (row: Row) => number | undefined;
      }
    | {
        /** `text` supports globs. `address` is IPv4 or IPv6 text, and supports prefixes and ranges. */
        readonly type: 'text' | 'address';
        readonly read: (row: Row) => string | undefined;
      }
    | {
        readonly type: 'enum';
        /** The names that the field can have, in lower case. */
        readonly values: readonly string[];
        readonly read: (row: Row) => string | undefined;
      }
    | {
        /** A field that is true or false, and is written without a value: `slow`, `not slow`. */
        readonly type: 'flag';
        readonly read: (row: Row) => boolean | undefined;
      }
  );

/** The filter language over records: the table of fields for parsers and printers (their option `fields`), and a compiler. */
export interface RecordFields<Row, Name extends string> extends FieldTable<Name> {
  /** Compiles a filter, parsed with these fields, into one predicate. */
  compile(filter: Filter<Name>): (row: Row) => boolean;
}

/** Names that can be written both in a query string and in an expression. */
const NAME = /^(?!(?:all|and|or|not|in|filter)$)[a-z][\w-]*(?:\.[\w-]+)*$/;

/** One address as text, for the tests that read cursors. */
class AddressText implements AddressCursor {
  #words: Address['words'] | undefined;

  set(text: string | undefined): this {
    this.#words = text === undefined ? undefined : parseAddress(text)?.words;
    return this;
  }

  word(_end: unknown, index: 0 | 1 | 2 | 3): number {
    return this.#words?.[index] ?? -1;
  }
}

function predicateOf<Row>(field: RecordField<Row>, test: Test<string>): (row: Row) => boolean {
  const { op, values } = test;
  switch (field.type) {
    case 'text':
      return textTest(field.read, test);
    case 'flag':
      return row => field.read(row) === true;
    case 'address': {
      const cursor = new AddressText();
      const inside =
        op === 'exists'
          ? (at: AddressCursor) => at.word(ORIGINAL_SRC, 0) >= 0
          : addressTest(values as readonly AddressValue[]);
      return row => inside(cursor.set(field.read(row)), ORIGINAL_SRC);
    }
    case 'enum': {
      const compare = numberTest(op, values);
      const names: readonly (string | undefined)[] = field.values;
      return row => compare(names.indexOf(field.read(row)?.toLowerCase()));
    }
    default: {
      const compare = numberTest(op, values, field.min);
      return row => compare(field.read(row) ?? -1);
    }
  }
}

/**
 * Makes the filter language for your own records: a table of fields for the option `fields` of the parsers and for the printers, with
 * `compile` for evaluation.
 *
 * @throws TypeError for a name that the language cannot write, and for a name that two fields share
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter';
 * import { defineFields } from '@conntrack/filter/define';
 *
 * const fields = defineFields({
 *   client: { type: 'address', read: (row: { ip: string; ms: number }) => row.ip },
 *   took: { type: 'duration', read: row => row.ms / 1000 },
 * });
 * const slow = fields.compile(parseQuery('client=10.0.0.0/8&took>=2s', { fields }).filter);
 * ```
 */
export function defineFields<Row, Name extends string>(
  rows: Readonly<Record<Name, RecordField<Row>>>,
): RecordFields<Row, Name> {
  const table = fieldTable(rows);
  const names = table.fields.flatMap(({ name, aliases }) => [name, ...aliases]);
  const wrong = names.find((name, i) => !NAME.test(name) || names.indexOf(name) !== i);
  if (wrong !== undefined)
    throw new TypeError(
      `defineFields: '${wrong}' must be a unique name in lower case, such as 'reply.bytes', and not a keyword of the language`,
    );
  return Object.freeze({
    ...table,
    compile: (filter: Filter<Name>) =>
      compileTree<Row>(filter, test => {
        const field = rows[test.field as Name];
        return { test: predicateOf(field, test), cost: costOf(field.type) };
      }),
  });
}
