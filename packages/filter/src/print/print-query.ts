import type { Filter } from '../language/ast.js';
import { type FieldTable, isWord } from '../language/field.js';
import { FLOW_FIELDS } from '../language/field-table.js';
import { keyWordOf } from '../language/operators.js';
import { printSpans } from './print-expression.js';
import { printValue } from './print-value.js';

// What may stand in a query (RFC 3986, 3.4) and is neither our own sign nor a browser's to change.
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/%(?:2C|2F|3A|40|3D|24|3B|3F)/g, code => decodeURIComponent(code));

/** The key and pair of a term, where one pair can say it. */
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

/** A filter in the spelling of {@link printQuery}, by the fields that it is about. */
function queryText(filter: Filter<string>, fields: FieldTable): string {
  if (filter.kind === 'all') return '';
  const terms = filter.kind === 'and' ? filter.terms : [filter];
  const pairs: string[] = [];
  const keys = new Set<string>();
  for (const [i, term] of terms.entries()) {
    const printed = printPair(term, fields);
    // The same key again would be read as OR.
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
 * A filter as a query string in canonical form, percent-encoded: pairs as long as they can say it, the rest as `filter=`.
 * `parseQuery` of it gives the same filter (in normal form) back. Of `all` it is empty.
 */
export const printQuery = (filter: Filter): string => queryText(filter, FLOW_FIELDS);

/** The printers of filters over fields of your own (`defineFields`): {@link printQuery} and `printExpression` for these. */
export const printersFor = <Name extends string>(
  fields: FieldTable<Name>,
): Readonly<Record<'printQuery' | 'printExpression', (filter: Filter<Name>) => string>> => ({
  printQuery: filter => queryText(filter, fields),
  printExpression: filter => printSpans(filter, fields).text,
});
