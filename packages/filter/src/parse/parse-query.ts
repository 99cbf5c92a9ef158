import { checkKeys, type OptionKeys } from '@conntrack/flow';
import { allOf, anyOf, type Filter, negate, type Value } from '../language/ast.js';
import { type Field, fieldNames, findField, isWord, operatorsOf } from '../language/field-table.js';
import { keyWordOf } from '../language/operators.js';
import { COMPARISONS, type Comparison, EQUAL, EXISTS, KEY_WORDS } from './comparisons.js';
import { checkConflicts } from './conflicts.js';
import { decodePairs } from './decode-pairs.js';
import { cut, splitList, type Token } from './lexer.js';
import { checkLength, checkOperator, makeTest, readValues } from './make-test.js';
import { parseTerms } from './parse-terms.js';
import { PARSE, type ParsedFilter, type ParseOptions, reportOn, type Span } from './report.js';

const QUERY: OptionKeys<QueryOptions> = { ...PARSE, params: 0 };

/** What a query string is read with. */
export interface QueryOptions extends ParseOptions {
  /** Keys that belong to the caller (`limit`, `cursor`): handed back, decoded, and no part of the filter. Case counts. */
  params?: readonly string[];
}

/** A query string that was read. */
export interface ParsedQuery extends ParsedFilter {
  /** The caller's own pairs, in order. */
  params: Map<string, string[]>;
}

/** The key of the pair that holds an expression. */
export const EXPRESSION_KEY = 'filter';

/** A key and what stands behind it. */
const PAIR = /^([^=<>!]*)([=<>!]?=?)/;

/** Tests of one field and operator: any of them may hold or, negated, none. */
interface Group {
  readonly negated: boolean;
  readonly tests: Filter[];
  /** Of the first test, where others may join them. */
  readonly values: Value[];
}

/**
 * Reads a query string, as it came (percent-encoded, without `?`): pairs of different fields are ANDed, lists and repeated fields ORed,
 * and `filter=EXPRESSION` is ANDed to the rest. An empty one is `all`.
 *
 * @throws {FilterError} with every fault that the text has
 * @throws OptionsError for an option that does not exist
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter';
 * const { filter, params } = parseQuery('proto=tcp&dport=80,443&limit=10', { params: ['limit'] });
 * ```
 */
export function parseQuery(raw: string, options: QueryOptions = {}): ParsedQuery {
  checkKeys('parseQuery', options, QUERY);
  const report = reportOn(raw, options);
  const { params: names = [] } = options;
  const params = new Map<string, string[]>();
  const groups = new Map<string, Group>();

  /** The same field and operator again adds to its values. */
  function add(field: Field, { op, negated = false }: Comparison, values: Value[], place: Span): void {
    const id = `${field.name} ${op} ${op !== 'exists' && negated}`;
    const group = groups.get(id);
    if (group === undefined || field.type === 'pair') {
      const test = makeTest(field, { op }, values, place, report);
      if (group === undefined) groups.set(id, { negated, tests: [test], values });
      else group.tests.push(test);
    } else if (op === 'eq' || op === 'all') {
      group.values.push(...values);
      checkLength(group.values, place, report);
    } else report.fail('duplicate', place, `'${field.name}${isWord(field) ? '' : `.${op}`}' is given twice`);
  }

  function read(pair: Token): void {
    const [, { length } = '', symbol = ''] = PAIR.exec(pair.text)!;
    const sign = cut(pair, length, length + symbol.length);
    const value = cut(pair, length + symbol.length);
    const caller = pair.text.slice(0, length);
    if (names.includes(caller) && (symbol === '' || symbol[0] === '=')) {
      const own = pair.text.slice(length + 1);
      if (params.get(caller)?.push(own) === undefined) params.set(caller, [own]);
      return;
    }
    const lead = caller.search(/\S|$/);
    const key = cut(pair, lead, lead + caller.trim().length);
    const place = { start: key.start, end: symbol === '' ? key.end : pair.end };
    if (symbol === '!') report.fail('unknown-operator', sign, "unknown operator '!'", ['!=']);
    if (symbol === '==') report.fail('unexpected', sign, "'==' belongs to expressions", ['=']);
    if (key.text === EXPRESSION_KEY && (symbol === '' || symbol === '=')) {
      if (symbol === '') report.fail('expected-value', key, "'filter' needs an expression: filter=…");
      if (groups.has(EXPRESSION_KEY))
        report.fail('duplicate', place, "'filter' is given twice; join the two with 'and' or 'or'");
      groups.set(EXPRESSION_KEY, {
        negated: false,
        tests: [parseTerms(text.slice(0, pair.end), value.start, report)],
        values: [],
      });
      return;
    }

    let field = findField(key.text);
    const sugar = COMPARISONS.get(symbol);
    let comparison = sugar ?? EQUAL;
    let operator: Span = sugar ? sign : { start: key.start, end: value.start };
    const plain = field !== undefined;
    if (field === undefined) {
      const dot = key.text.lastIndexOf('.');
      if (key.text === '') report.fail('unknown-field', key, 'a pair begins with the name of a field');
      field = findField(key.text.slice(0, Math.max(0, dot)));
      field ??= report.unknown('field', key, [...fieldNames(), EXPRESSION_KEY, ...names], []);
      if (sugar !== undefined) report.fail('wrong-operator', sign, `'${key.text}' has an operator already`);
      const suffix = cut(key, dot + 1);
      const word = suffix.text.toLowerCase();
      operator = suffix;
      comparison = KEY_WORDS.get(word) ?? report.unknown('operator', suffix, operatorsOf(field).map(keyWordOf));
    }
    if (symbol === '') {
      if (!plain || !isWord(field)) report.fail('expected-value', key, `'${key.text}' needs a value: ${key.text}=…`);
      add(field, EXISTS, [], place);
      return;
    }
    const { op } = comparison;
    if (op === 'exists' || (field.type === 'flag' && comparison === EQUAL)) {
      const truth = value.text.trim().toLowerCase();
      if (truth === '') report.fail('empty-value', value, `an empty value for ${field.name}`);
      if (truth !== 'true' && truth !== 'false')
        report.fail('bad-value', value, `unknown value '${value.text}'`, [], ['true', 'false']);
      add(field, { op: 'exists', negated: truth === 'false' }, [], place);
      return;
    }
    checkOperator(field, op, operator, report);
    add(
      field,
      comparison,
      readValues(field, op, splitList(text.slice(0, pair.end), value.start, report), report),
      place,
    );
  }

  const { text, pairs } = decodePairs(raw, report);
  for (const pair of pairs) report.attempt(() => read(pair));
  const filter = allOf(
    [...groups.values()].map(({ tests, negated }) => (negated ? negate(anyOf(tests)) : anyOf(tests))),
  );
  checkConflicts(filter, report);
  return { filter, warnings: report.finish(), params };
}
