import { allOf, anyOf, type Filter, negate } from './ast.js';
import { checkConflicts } from './check.js';
import { decode } from './decode.js';
import { parseTerms } from './expression-parser.js';
import { fieldNames, findField, isWord, operatorsOf } from './fields.js';
import { splitList } from './lexer.js';
import { type Operator, SPELLING } from './operator.js';
import { type ParsedFilter, type ParseOptions, Report } from './report.js';
import { COMPARISONS } from './signs.js';
import { checkOperator, type Draft, makeTest, parseValues, tooMany } from './test-node.js';

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

/** The parts of a query string between its `&`, decoded into one text; places in `report` are that text's from here on. */
function decodePairs(raw: string, report: Report): { text: string; pairs: [start: number, end: number][] } {
  const pairs: [number, number][] = [];
  const offsets: number[] = [];
  const texts: string[] = [];
  const escaped = raw.includes('%');
  let start = 0;
  let from = 0;
  for (const part of raw.split('&')) {
    const end = start + part.length;
    const decoded = escaped ? decode(raw, start, end, offsets, report) : part.replaceAll('+', ' ');
    const text = decoded ?? '';
    const to = from + text.length;
    // A part that cannot be decoded leaves nothing behind.
    if (escaped) offsets.splice(to, offsets.length, end);
    texts.push(text);
    if (text !== '') pairs.push([from, to]);
    start = end + 1;
    from = to + 1;
  }
  if (escaped) report.offsets = offsets;
  return { text: texts.join('&'), pairs };
}

/** The filter of decoded pairs; the caller's own go to `params`. */
class QueryParser {
  readonly params = new Map<string, string[]>();
  readonly #terms: (Draft | Filter)[] = [];
  readonly #drafts = new Map<string, Draft>();
  #expressions = 0;

  constructor(
    readonly report: Report,
    readonly names: readonly string[],
  ) {}

  /** One pair, which ends the text and begins at `from`. */
  pair(text: string, from: number): undefined {
    const { report, names } = this;
    const [, name, symbol] = /^([^=<>!]*)([=<>!]?=?)/.exec(text.slice(from))! as unknown as [string, string, string];
    const to = text.length;
    const sign = from + name.length;
    const begin = sign + symbol.length;
    if (names.includes(name) && (symbol === '' || symbol[0] === '=')) {
      const value = text.slice(sign + 1);
      const list = this.params.get(name);
      if (list === undefined) this.params.set(name, [value]);
      else list.push(value);
      return undefined;
    }
    const key = name.trim();
    const start = from + name.length - name.trimStart().length;
    const end = start + key.length;
    if (symbol === '!') return report.fail('unknown-operator', sign, begin, "unknown operator '!'", ['!=']);
    if (symbol === '==')
      return report.fail('unexpected', sign, begin, "'==' belongs to expressions, a query string has one '='", ['=']);
    if (key === EXPRESSION_KEY && symbol === '')
      return report.fail('expected-value', start, end, "'filter' needs an expression: filter=…");
    if (key === EXPRESSION_KEY && symbol === '=') {
      if (this.#expressions++ > 0)
        return report.fail('duplicate', start, to, "'filter' is given twice; write one expression with 'and' or 'or'");
      const filter = parseTerms(text, begin, report);
      if (filter !== undefined) this.#terms.push(filter);
      return undefined;
    }

    let field = findField(key);
    let op: Operator = 'eq';
    let negated = false;
    const plain = field !== undefined;
    if (field === undefined) {
      const dot = key.lastIndexOf('.');
      field = dot > 0 ? findField(key.slice(0, dot)) : undefined;
      if (field === undefined)
        return key === ''
          ? report.fail('unknown-field', start, end, 'a pair begins with the name of a field')
          : report.unknown('field', key, start, () => [...fieldNames(), EXPRESSION_KEY, ...names]);
      const suffix = key.slice(dot + 1);
      const operator = suffix.toLowerCase();
      negated = operator === 'not';
      if (!negated) {
        if (operator === 'eq' || !Object.hasOwn(SPELLING, operator)) {
          const known = ['not', ...operatorsOf(field).map(each => SPELLING[each].key)].filter(each => each !== '');
          return report.unknown('operator', suffix, start + dot + 1, () => known, known);
        }
        op = operator as Operator;
      }
      if (!checkOperator(field, op, start + dot + 1, end, report)) return undefined;
    }
    const sugar = COMPARISONS.get(symbol);
    if (sugar !== undefined) {
      if (!plain)
        return report.fail(
          'wrong-operator',
          sign,
          begin,
          `'${key}' has an operator already, '${symbol}' is a second one`,
        );
      if (!checkOperator(field, sugar.op, sign, begin, report)) return undefined;
      op = sugar.op;
      negated = sugar.negated === true;
    }
    const draft = { field, op, negated, values: [], start, end: symbol === '' ? end : to };
    const word = { ...draft, op: 'exists', negated: false } as const;
    if (symbol === '') {
      if (plain && isWord(field)) this.#add(word);
      else report.fail('expected-value', start, end, `'${key}' needs a value: ${key}=…`);
    } else if (op === 'exists' || (field.type === 'flag' && op === 'eq' && !negated)) {
      const value = text.slice(begin);
      const truth = value.trim().toLowerCase();
      if (truth === '') report.fail('empty-value', begin, to, `an empty value for ${field.name}`);
      else if (truth !== 'true' && truth !== 'false')
        report.fail('bad-value', begin, to, `'${value}' is neither 'true' nor 'false'`, [], ['true', 'false']);
      else this.#add({ ...word, negated: truth === 'false' });
    } else if (checkOperator(field, op, start, begin, report)) {
      const values = parseValues(field, op, splitList(text, begin, report), report);
      if (values !== undefined) this.#add({ ...draft, values });
    }
  }

  /** The same field and operator again adds to its values. */
  #add(draft: Draft): void {
    const { field, op, negated, start, end } = draft;
    const { report } = this;
    const id = op === 'exists' ? `${field.name} exists` : `${field.name} ${op} ${negated}`;
    const before = this.#drafts.get(id);
    if (before === undefined) {
      this.#drafts.set(id, draft);
      this.#terms.push(draft);
    } else if (op === 'eq' || op === 'all') {
      const count = before.values.push(...draft.values);
      if (count > report.limits.values) tooMany(count, start, end, report);
    } else {
      const key = op === 'exists' && isWord(field) ? '' : `.${SPELLING[op].key}`;
      report.fail('duplicate', start, end, `'${field.name}${key}' is given twice`);
    }
  }

  filter(): Filter {
    return allOf(
      this.#terms.map(term => {
        if ('kind' in term) return term;
        if (term.field.type !== 'pair') return makeTest(term, this.report);
        const pairs: Filter[] = [];
        for (let i = 0; i < term.values.length; i += 2)
          pairs.push(makeTest({ ...term, negated: false, values: term.values.slice(i, i + 2) }, this.report));
        return term.negated ? negate(anyOf(pairs)) : anyOf(pairs);
      }),
    );
  }
}

/**
 * Reads a query string, as it came (percent-encoded, without `?`): pairs of different fields are ANDed, lists and repeated fields ORed,
 * and `filter=EXPRESSION` is ANDed to the rest. An empty one is `all`.
 *
 * @throws {FilterError} with every fault that the text has
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter';
 * const { filter, params } = parseQuery('proto=tcp&dport=80,443&limit=10', { params: ['limit'] });
 * ```
 */
export function parseQuery(raw: string, options: QueryOptions = {}): ParsedQuery {
  const report = new Report(raw, options);
  const parser = new QueryParser(report, options.params ?? []);
  if (!report.fits()) report.finish();
  const { text, pairs } = decodePairs(raw, report);
  for (const [start, end] of pairs) parser.pair(text.slice(0, end), start);
  const filter = parser.filter();
  if (!report.failed) checkConflicts(filter, report);
  return { filter, warnings: report.finish(), params: parser.params };
}
