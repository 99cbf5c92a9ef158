import type { Filter } from '../language/ast.js';
import { type FieldTable, isWord } from '../language/field.js';
import { FLOW_FIELDS } from '../language/field-table.js';
import { keyWordOf } from '../language/operators.js';
import { printSpans } from './print-expression.js';
import { printValue } from './print-value.js';

// Keeps the characters that are allowed in a query (RFC 3986, 3.4), that are not signs of the language and that browsers do not change.
// The first test is only for speed: lists have thousands of addresses.
const encode = (text: string): string =>
  /[^\w.:]/.test(text)
    ? encodeURIComponent(text).replace(/%(?:2C|2F|3A|40|3D|24|3B|3F)/g, code => decodeURIComponent(code))
    : text;

/** Returns the key and pair of a term that one pair can express. */
function printPair(term: Filter<string>, fields: FieldTable): { key: string; pair: string } | undefined {
  const negated = term.kind === 'not';
  const test = negated ? term.term : term;
  if (test.kind !== 'test') return undefined;
  const { field: name, op, values } = test;
  const field = fields.find(name)!;
  const key = field.type === 'flag' || (op === 'eq' && !negated) ? name : `${name}.${keyWordOf(op)}`;
  if (op === 'exists') return { key, pair: isWord(field) && !negated ? name : `${key}=${!negated}` };
  if (negated && op !== 'eq') return undefined;
  return { key, pair: `${key}=${values.map(value => encode(printValue(field, value, '-'))).join(',')}` };
}

/** Prints a filter like {@link printQuery}, with the given fields. */
function queryText(filter: Filter<string>, fields: FieldTable): string {
  if (filter.kind === 'all') return '';
  const terms = filter.kind === 'and' ? filter.terms : [filter];
  const pairs: string[] = [];
  const keys = new Set<string>();
  for (const [i, term] of terms.entries()) {
    const printed = printPair(term, fields);
    // A repeated key would be read as OR.
    if (printed === undefined || keys.has(printed.key)) {
      const rest: Filter<string> = terms.length - i === 1 ? term : { kind: 'and', terms: terms.slice(i) };
      pairs.push(`filter=${encode(printSpans(rest, fields).text)}`);
      break;
    }
    keys.add(printed.key);
    pairs.push(printed.pair);
  }
  return pairs.join('&');
}

/**
 * Prints a filter as a query string in canonical form, percent-encoded: as pairs where possible, the rest as `filter=`. `parseQuery` turns
 * it back into the same filter, in normal form. For `all` the result is empty.
 */
export const printQuery = (filter: Filter): string => queryText(filter, FLOW_FIELDS);

/** Makes the printers of filters over your own fields (`defineFields`), like {@link printQuery} and `printExpression`. */
export const printersFor = <Name extends string>(
  fields: FieldTable<Name>,
): Readonly<Record<'printQuery' | 'printExpression', (filter: Filter<Name>) => string>> => ({
  printQuery: filter => queryText(filter, fields),
  printExpression: filter => printSpans(filter, fields).text,
});
