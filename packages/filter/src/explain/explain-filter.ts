import { protocolOf } from '@conntrack/flow';
import { joinList } from '@conntrack/flow/checks';
import { type Filter, fieldsOf, type Test, type Value } from '../language/ast.js';
import { type Field, isWord, type Requirement } from '../language/field.js';
import { FIELD_DOCS } from '../language/field-docs.js';
import { type FieldName, fieldOf } from '../language/field-table.js';
import { hex } from '../language/numbers.js';
import { symbolOf } from '../language/operators.js';
import { printExpression } from '../print/print-expression.js';
import { printQuery } from '../print/print-query.js';
import { printValue } from '../print/print-value.js';
import { requirementsOf } from './requirements.js';

/** A filter in English. */
export interface Explanation {
  /** Lines of text, indented by two spaces for each level. */
  text: string;
  /** The canonical query string and the canonical expression. */
  query: string;
  expression: string;
  /** The fields that the filter reads. */
  fields: FieldName[];
  /** What the source must record. */
  requires: Requirement[];
}

function valueText(field: Field, value: Value): string {
  if (value.type === 'state') {
    const numbers = value.states.map(({ protonum, state }) => `${protocolOf(protonum).name} ${state}`);
    return `${value.name} (${numbers.join(', ')})`;
  }
  if (value.type === 'class') return `a ${value.name} address`;
  if (value.type === 'masked') return `${hex(value.value)} under the mask ${hex(value.mask)}`;
  if (value.type === 'range' || value.type === 'addresses')
    return printValue(field, value, ' to ').replace('..', ' to ');
  return printValue(field, value);
}

function testText(test: Test): string {
  const field = fieldOf(test.field);
  const name = `${field.name} (${FIELD_DOCS[field.name].summary})`;
  if (test.op === 'exists') return isWord(field) ? name : `${name} is known`;
  const values = test.values.map(value => valueText(field, value));
  if (field.type === 'pair') return `one end is ${values[0]}, the other ${values[1]}`;
  if (test.op === 'all') return `${name} has ${joinList(values, 'and')}`;
  if (test.op !== 'eq') return `${name} ${symbolOf(test.op)} ${values[0]}`;
  return `${name} ${field.type === 'status' || field.type === 'label' ? 'has' : 'is'} ${joinList(values, 'or')}`;
}

function lines(filter: Filter, indent: string): string[] {
  switch (filter.kind) {
    case 'all':
      return [`${indent}every flow`];
    case 'test':
      return [indent + testText(filter)];
    case 'not':
      return filter.term.kind === 'test'
        ? [`${indent}not: ${testText(filter.term)}`]
        : [`${indent}not:`, ...lines(filter.term, `${indent}  `)];
    default:
      return [
        `${indent}${filter.kind === 'and' ? 'all of:' : 'any of:'}`,
        ...filter.terms.flatMap(term => lines(term, `${indent}  `)),
      ];
  }
}

/**
 * Explains a filter in English, and says what it needs from its source.
 *
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter';
 * import { explainFilter } from '@conntrack/filter/explain';
 * console.log(explainFilter(parseQuery('proto=tcp&dport=80,443').filter).text);
 * ```
 */
export const explainFilter = (filter: Filter): Explanation => ({
  text: lines(filter, '').join('\n'),
  query: printQuery(filter),
  expression: printExpression(filter),
  fields: [...fieldsOf(filter)],
  requires: [...requirementsOf(filter)],
});
