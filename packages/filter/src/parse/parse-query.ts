import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import { type Field, fieldNames, isWord, operatorsOf } from '../language/field.js';
import type { FieldName } from '../language/field-table.js';
import { keyWordOf } from '../language/operators.js';
import { COMPARISONS, type Comparison, EQUAL, EXISTS, KEY_WORDS } from './comparisons.js';
import { checkConflicts } from './conflicts.js';
import { decodePairs } from './decode-pairs.js';
import { cut, splitList, type Token } from './lexer.js';
import { checkOperator, readValues } from './make-test.js';
import { parseTerms } from './parse-terms.js';
import { PARSE, type ParsedFilter, type ParseOptions, type Report, reportOn, type Span } from './report.js';
import { TestGroups } from './test-groups.js';

const QUERY: OptionKeys<QueryOptions> = { ...PARSE, params: 0 };

/** Options for parsing a query string. */
export interface QueryOptions<Name extends string = FieldName> extends ParseOptions<Name> {
  /** Keys that belong to the caller (`limit`, `cursor`): returned decoded, and not part of the filter. Case-sensitive. */
  params?: readonly string[];
}

/** A parsed query string. */
export interface ParsedQuery<Name extends string = FieldName> extends ParsedFilter<Name> {
  /** The caller's own pairs, in order. */
  params: Map<string, string[]>;
}

/** The key of the pair that contains an expression. */
export const EXPRESSION_KEY = 'filter';

/** A key and the sign after it. */
const PAIR = /^([^=<>!]*)([=<>!]?=?)/;

/** The parts of a pair. */
interface Pair {
  /** The key, without spaces around it. */
  readonly key: Token;
  /** The sign between key and value; empty for a key alone. */
  readonly sign: Token;
  readonly value: Token;
  /** The whole pair, for faults. */
  readonly place: Span;
}

function partsOf(pair: Token, length: number, symbol: string): Pair {
  const caller = pair.text.slice(0, length);
  const lead = caller.search(/\S|$/);
  const key = cut(pair, lead, lead + caller.trim().length);
  return {
    key,
    sign: cut(pair, length, length + symbol.length),
    value: cut(pair, length + symbol.length),
    place: { start: key.start, end: symbol === '' ? key.end : pair.end },
  };
}

/** What a pair asks: which field, which comparison, and the place of the operator. */
interface Question {
  readonly field: Field;
  readonly comparison: Comparison;
  readonly operator: Span;
}

/** Reads the field and comparison of a key: `bytes>`, `bytes`, or `bytes.gte`. `others`: keys that are not fields. */
function questionOf({ key, sign, value }: Pair, others: readonly string[], report: Report): Question {
  const { fields } = report;
  const sugar = COMPARISONS.get(sign.text);
  const plain = fields.find(key.text);
  if (plain !== undefined)
    return {
      field: plain,
      comparison: sugar ?? EQUAL,
      operator: sugar === undefined ? { start: key.start, end: value.start } : sign,
    };
  if (key.text === '') report.fail('unknown-field', key, 'each pair must begin with a field name');
  const dot = key.text.lastIndexOf('.');
  const field =
    fields.find(key.text.slice(0, Math.max(0, dot))) ??
    report.unknown('field', key, [...fieldNames(fields), EXPRESSION_KEY, ...others], []);
  if (sugar !== undefined) report.fail('wrong-operator', sign, `'${key.text}' already has an operator`);
  const suffix = cut(key, dot + 1);
  const comparison =
    KEY_WORDS.get(suffix.text.toLowerCase()) ?? report.unknown('operator', suffix, operatorsOf(field).map(keyWordOf));
  return { field, comparison, operator: suffix };
}

/** Reads the truth value of a pair: `unreplied=false`, `helper.exists=true`. */
function truthOf({ value }: Pair, field: Field, report: Report): boolean {
  const truth = value.text.trim().toLowerCase();
  if (truth === '') report.fail('empty-value', value, `an empty value for ${field.name}`);
  if (truth !== 'true' && truth !== 'false')
    report.fail('bad-value', value, `unknown value '${value.text}'`, [], ['true', 'false']);
  return truth === 'true';
}

/** Reads the test of a pair into the groups. `text` is the query string up to the end of the pair. */
function readPair(pair: Pair, text: string, others: readonly string[], groups: TestGroups, report: Report): void {
  const { key, sign, value, place } = pair;
  const symbol = sign.text;
  if (symbol === '!') report.fail('unknown-operator', sign, "unknown operator '!'", ['!=']);
  if (symbol === '==') report.fail('unexpected', sign, "'==' is only valid in expressions", ['=']);
  if (key.text === EXPRESSION_KEY && (symbol === '' || symbol === '=')) {
    if (symbol === '') report.fail('expected-value', key, "'filter' requires an expression: filter=…");
    groups.addExpression(EXPRESSION_KEY, place, () => parseTerms(text, value.start, report));
    return;
  }
  const { field, comparison, operator } = questionOf(pair, others, report);
  if (symbol === '') {
    if (report.fields.find(key.text) !== field || !isWord(field))
      report.fail('expected-value', key, `'${key.text}' requires a value: ${key.text}=…`);
    groups.add(field, EXISTS, [], place);
    return;
  }
  const { op } = comparison;
  if (op === 'exists' || (field.type === 'flag' && comparison === EQUAL)) {
    groups.add(field, { op: 'exists', negated: !truthOf(pair, field, report) }, [], place);
    return;
  }
  checkOperator(field, op, operator, report);
  groups.add(field, comparison, readValues(field, op, splitList(text, value.start, report), report), place);
}

/**
 * Parses a query string in its original form: percent-encoded, with or without `?` in front. Pairs of different fields are ANDed, lists and repeated fields
 * are ORed, and `filter=EXPRESSION` is ANDed to the rest. An empty query string means `all`.
 *
 * @throws {FilterError} with every fault in the text
 *
 * @throws OptionsError for an unknown option
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter';
 * const { filter, params } = parseQuery('proto=tcp&dport=80,443&limit=10', { params: ['limit'] });
 * ```
 */
export function parseQuery<Name extends string = FieldName>(
  raw: string,
  options: QueryOptions<Name> = {},
): ParsedQuery<Name> {
  checkKeys('parseQuery', options, QUERY);
  const report = reportOn(raw, options);
  const { params: names = [] } = options;
  const params = new Map<string, string[]>();
  const groups = new TestGroups(report);
  const { text, pairs } = decodePairs(raw, report);
  for (const pair of pairs) {
    const [, { length } = '', symbol = ''] = PAIR.exec(pair.text)!;
    const caller = pair.text.slice(0, length);
    if (names.includes(caller) && (symbol === '' || symbol[0] === '=')) {
      const own = pair.text.slice(length + 1);
      if (params.get(caller)?.push(own) === undefined) params.set(caller, [own]);
    } else
      report.attempt(() => readPair(partsOf(pair, length, symbol), text.slice(0, pair.end), names, groups, report));
  }
  const filter = groups.filter();
  checkConflicts(filter, report);
  return { filter: filter as ParsedQuery<Name>['filter'], warnings: report.finish(), params };
}
