import { allOf, anyOf, type Filter, negate, type Value } from './ast.js';
import { checkConflicts } from './check.js';
import { decode } from './decode.js';
import { parseTerms } from './expression-parser.js';
import { type Field, fieldNames, findField, isWord, operatorsOf } from './fields.js';
import { splitList } from './item.js';
import { type Operator, SPELLING } from './operator.js';
import { type ParsedFilter, type ParseOptions, Report, type Scope } from './report.js';
import { COMPARISONS } from './signs.js';
import { nearest } from './suggest.js';
import { checkOperator, makeTest, parseValues } from './test-node.js';

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

/** The operator of a key's last part; `not` is `eq`, negated. */
const operatorOf = (name: string): Operator | undefined =>
  name === 'not' ? 'eq' : name !== 'eq' && Object.hasOwn(SPELLING, name) ? (name as Operator) : undefined;

interface Key {
  field: Field;
  op: Operator;
  negated: boolean;
}

/** One test as it grows: the same field and operator again adds to its values. */
interface Draft extends Key {
  values: Value[];
  start: number;
  end: number;
  scope: Scope;
}

function resolveKey(key: string, start: number, scope: Scope, params: readonly string[]): Key | undefined {
  const end = start + key.length;
  const field = findField(key);
  if (field !== undefined) return { field, op: 'eq', negated: false };
  const dot = key.lastIndexOf('.');
  const owner = dot > 0 ? findField(key.slice(0, dot)) : undefined;
  if (owner === undefined) {
    if (key === '') return scope.fail('unknown-field', { start, end }, 'a pair begins with the name of a field');
    const suggestions = (): string[] => nearest(key, [...fieldNames(), EXPRESSION_KEY, ...params]);
    return scope.fail('unknown-field', { start, end }, `unknown field '${key}'`, suggestions);
  }
  const name = key.slice(dot + 1).toLowerCase();
  const op = operatorOf(name);
  const place = { start: start + dot + 1, end };
  if (op === undefined) {
    const expected = ['not', ...operatorsOf(owner).map(each => SPELLING[each].key)].filter(each => each !== '');
    return scope.fail(
      'unknown-operator',
      place,
      `unknown operator '${key.slice(dot + 1)}'`,
      nearest(name, expected),
      expected,
    );
  }
  return checkOperator(owner, op, place, scope) ? { field: owner, op, negated: name === 'not' } : undefined;
}

function truth(text: string, start: number, scope: Scope): boolean | undefined {
  const lower = text.trim().toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  return scope.fail(
    'bad-value',
    { start, end: start + text.length },
    `'${text}' is neither 'true' nor 'false'`,
    [],
    ['true', 'false'],
  );
}

class QueryParser {
  readonly params = new Map<string, string[]>();
  readonly #terms: (Draft | Filter)[] = [];
  readonly #drafts = new Map<string, Draft>();
  #expressions = 0;

  constructor(
    readonly report: Report,
    readonly names: readonly string[],
  ) {}

  pair(text: string, scope: Scope): void {
    let at = 0;
    while (at < text.length && !'=<>!'.includes(text[at]!)) at++;
    const name = text.slice(0, at);
    if (this.names.includes(name) && (at === text.length || text[at] === '=')) {
      const list = this.params.get(name);
      if (list === undefined) this.params.set(name, [text.slice(at + 1)]);
      else list.push(text.slice(at + 1));
      return;
    }
    const key = name.trim();
    const start = name.length - name.trimStart().length;
    if (at === text.length) {
      this.#word(key, start, scope);
      return;
    }
    const wide = text[at + 1] === '=';
    const symbol = text.slice(at, at + (wide ? 2 : 1));
    const sign = { start: at, end: at + symbol.length };
    if (symbol === '!') {
      scope.fail('unknown-operator', sign, "unknown operator '!'", ['!=']);
      return;
    }
    if (symbol === '==') {
      scope.fail('unexpected', sign, "'==' belongs to expressions, a query string has one '='", ['=']);
      return;
    }
    if (key === EXPRESSION_KEY && symbol === '=') {
      this.#expression(text, start, at + 1, scope);
      return;
    }
    const resolved = resolveKey(key, start, scope, this.names);
    if (resolved === undefined) return;
    const sugar = COMPARISONS.get(symbol);
    if (sugar !== undefined) {
      if (resolved.op !== 'eq' || resolved.negated) {
        scope.fail('wrong-operator', sign, `'${key}' has an operator already, '${symbol}' is a second one`);
        return;
      }
      if (!checkOperator(resolved.field, sugar.op, sign, scope)) return;
      resolved.op = sugar.op;
      resolved.negated = sugar.negated === true;
    }
    this.#values(resolved, start, text, at + symbol.length, scope);
  }

  #word(key: string, start: number, scope: Scope): void {
    const end = start + key.length;
    if (key === EXPRESSION_KEY) scope.fail('expected-value', { start, end }, "'filter' needs an expression: filter=…");
    const resolved = key === EXPRESSION_KEY ? undefined : resolveKey(key, start, scope, this.names);
    if (resolved === undefined) return;
    if (resolved.op === 'eq' && !resolved.negated && isWord(resolved.field))
      this.#add({ field: resolved.field, op: 'exists', negated: false, values: [], start, end, scope });
    else scope.fail('expected-value', { start, end }, `'${key}' needs a value: ${key}=…`);
  }

  #expression(text: string, start: number, from: number, scope: Scope): void {
    if (++this.#expressions > 1) {
      scope.fail(
        'duplicate',
        { start, end: text.length },
        "'filter' is given twice; write one expression with 'and' or 'or'",
      );
      return;
    }
    const filter = parseTerms(text.slice(from), scope.from(from));
    if (filter !== undefined) this.#terms.push(filter);
  }

  #values(key: Key, start: number, text: string, from: number, scope: Scope): void {
    const { field } = key;
    const end = text.length;
    if (key.op === 'exists' || (field.type === 'flag' && key.op === 'eq' && !key.negated)) {
      if (text.trim().length <= from) {
        scope.fail('empty-value', { start: from, end }, `an empty value for ${field.name}`);
        return;
      }
      const holds = truth(text.slice(from), from, scope);
      if (holds !== undefined) this.#add({ field, op: 'exists', negated: !holds, values: [], start, end, scope });
      return;
    }
    if (!checkOperator(field, key.op, { start, end: from }, scope)) return;
    const values = parseValues(field, key.op, splitList(text, from, scope), scope);
    if (values !== undefined) this.#add({ field, op: key.op, negated: key.negated, values, start, end, scope });
  }

  #add(draft: Draft): void {
    const { field, op, negated, scope } = draft;
    const id = op === 'exists' ? `${field.name} exists` : `${field.name} ${op} ${negated}`;
    const before = this.#drafts.get(id);
    if (before === undefined) {
      this.#drafts.set(id, draft);
      this.#terms.push(draft);
    } else if (op === 'eq' || op === 'all') {
      const limit = this.report.limits.values;
      const length = before.values.push(...draft.values);
      if (length > limit)
        scope.fail('too-many-values', draft, `a list has at most ${limit} values, this one ${length}`);
    } else {
      const key = op === 'exists' && isWord(field) ? '' : `.${SPELLING[op].key}`;
      scope.fail('duplicate', draft, `'${field.name}${key}' is given twice`);
    }
  }

  filter(): Filter {
    return allOf(this.#terms.map(term => ('kind' in term ? term : build(term))));
  }
}

function build(draft: Draft): Filter {
  const { field, op, negated, values, scope } = draft;
  if (field.type !== 'pair') return makeTest(field, op, negated, values, draft, scope);
  const pairs: Filter[] = [];
  for (let i = 0; i < values.length; i += 2)
    pairs.push(makeTest(field, op, false, values.slice(i, i + 2), draft, scope));
  return negated ? negate(anyOf(pairs)) : anyOf(pairs);
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
  for (let start = 0; start <= raw.length; ) {
    const amp = raw.indexOf('&', start);
    const end = amp < 0 ? raw.length : amp;
    if (end > start) {
      const { text, scope, whole } = decode(raw, start, end, report);
      if (whole) parser.pair(text, scope);
    }
    start = end + 1;
  }
  const filter = parser.filter();
  if (!report.failed) checkConflicts(filter, report);
  return { filter, warnings: report.finish(), params: parser.params };
}
