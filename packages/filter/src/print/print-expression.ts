import type { Filter, Test } from '../language/ast.js';
import { type FieldTable, isWord } from '../language/field.js';
import { type FieldName, FLOW_FIELDS } from '../language/field-table.js';
import { formatNumber, hex } from '../language/numbers.js';
import { symbolOf } from '../language/operators.js';
import { printValue } from './print-value.js';

/** Prints a test as an expression, negated if requested. */
function printTest({ field: name, op, values }: Test<string>, negated: boolean, fields: FieldTable): string {
  const field = fields.find(name)!;
  const not = negated ? 'not ' : '';
  const equals = `${name} ${negated ? '!=' : '=='} `;
  const texts = values.map(value => printValue(field, value));
  const [value] = values;
  const [text] = texts;
  const all = texts.join(', ');
  if (op === 'exists') return not + name + (isWord(field) ? '' : ' exists');
  if (field.type === 'pair') return `${not}pair(${all})`;
  if (op === 'all') return `${not}${name} all {${all}}`;
  if (op !== 'eq') return `${not}${name} ${symbolOf(op)} ${text}`;
  if (values.length > 1 || value === undefined) return `${name} ${not}in {${all}}`;
  if (value.type === 'class' && field.type === 'address') return `${not}${text}(${name})`;
  if (value.type === 'masked') return equals.replace(' ', ` & ${hex(value.mask)} `) + formatNumber(field, value.value);
  return /^(prefix|addresses|range|netmask)$/.test(value.type) ? `${name} ${not}in ${text}` : equals + text;
}

/** The text so far, with the place of every test. */
interface Output<Name extends string> {
  readonly fields: FieldTable;
  text: string;
  readonly spans: Map<Test<Name>, [start: number, end: number]>;
}

/** Writes a filter. It gets parentheses if it is inside another one and joins several terms. */
function write<Name extends string>(filter: Filter<Name>, out: Output<Name>, inner = true): void {
  const negated = filter.kind === 'not';
  const test = negated ? filter.term : filter;
  if (test.kind === 'test') {
    const start = out.text.length;
    out.text += printTest(test, negated, out.fields);
    out.spans.set(test, [start, out.text.length]);
  } else if (negated) {
    out.text += 'not ';
    write(test, out);
  } else if (filter.kind === 'and' || filter.kind === 'or') {
    if (inner) out.text += '(';
    for (const [i, term] of filter.terms.entries()) {
      if (i > 0) out.text += ` ${filter.kind} `;
      write(term, out);
    }
    if (inner) out.text += ')';
  } else out.text += 'all';
}

/** Returns the canonical expression and the place of each of its tests. */
export function printSpans<Name extends string = FieldName>(
  filter: Filter<Name>,
  fields: FieldTable<string> = FLOW_FIELDS,
): Readonly<Output<Name>> {
  const out: Output<Name> = { fields, text: '', spans: new Map() };
  write(filter, out, false);
  return out;
}

/**
 * Prints a filter as an expression in canonical form. `parseExpression` turns it back into the same filter, in normal form. Parentheses are
 * written wherever `and` and `or` meet.
 */
export const printExpression = (filter: Filter): string => printSpans(filter).text;
