import type { LabelMap } from '@conntrack/flow';
import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import { ADDRESS_CLASSES, findClass } from '../language/address-classes.js';
import { type Field, isWord, operatorsOf } from '../language/field.js';
import { FIELD_DOCS } from '../language/field-docs.js';
import { FIELDS, findField } from '../language/field-table.js';
import { keyWordOf, symbolOf } from '../language/operators.js';
import { SIGN, type Token, tokenize, WORD } from '../parse/lexer.js';
import { isQuery } from '../parse/parse-expression.js';
import { EXPRESSION_KEY } from '../parse/parse-query.js';
import { valueNames } from '../parse/read-value.js';
import { Report } from '../parse/report.js';

const COMPLETE: OptionKeys<CompleteOptions> = { syntax: ['query', 'expression'], labels: 0, params: 0 };

/** One completion. */
export interface Completion {
  /** The text that replaces the characters between `from` and `to`. */
  text: string;
  kind: 'field' | 'function' | 'operator' | 'value' | 'keyword' | 'param';
  /** A few words about the completion. */
  detail?: string;
}

/** The completions at a position of a text. */
export interface Completions {
  /** Index of the first replaced character. */
  from: number;
  /** Index after the last replaced character. */
  to: number;
  /** The completions, in order of the documentation. */
  items: Completion[];
}

/** Options for completing. */
export interface CompleteOptions {
  /** The syntax of the text. Default: guessed from the text. */
  syntax?: 'query' | 'expression';
  /** Names of labels. */
  labels?: LabelMap;
  /** Keys of a query string that belong to the caller. */
  params?: readonly string[];
}

/** What may come next, and the field that it belongs to. */
interface Context {
  readonly expects: 'predicate' | 'joiner' | 'mask' | 'argument' | 'operator' | 'value' | 'separator';
  readonly field?: Field | undefined;
}

const fieldItems = (suffix: (field: Field) => string): Completion[] =>
  FIELDS.map(field => ({ text: field.name + suffix(field), kind: 'field', detail: FIELD_DOCS[field.name].summary }));
const keywords = (...words: readonly string[]): Completion[] => words.map(text => ({ text, kind: 'keyword' }));

function valueItems(field: Field | undefined, options: CompleteOptions): Completion[] {
  if (field === undefined) return [];
  const names =
    field.type === 'address' || field.type === 'pair'
      ? Object.keys(ADDRESS_CLASSES)
      : valueNames(field, options.labels?.names());
  return names.map(text => ({ text, kind: 'value' }));
}

/** Returns what may follow the tokens of an expression. The tokens need not be valid. */
function contextAfter(tokens: readonly Token[]): Context {
  let context: Context = { expects: 'predicate' };
  let braces = false;
  for (const [i, token] of tokens.entries()) {
    const sign = token.kind === SIGN ? token.text : '';
    const word = token.kind === WORD ? token.word : '';
    const joins = sign === '&&' || sign === '||' || word === 'and' || word === 'or';
    if (joins) {
      context = { expects: 'predicate' };
      braces = false;
    } else if (context.expects === 'predicate' || context.expects === 'joiner') {
      if (sign === ',' && context.expects === 'joiner') context = { expects: 'value', field: lastField(tokens, i) };
      else if (sign === ')') context = { expects: 'joiner' };
      else if (word === 'all') context = { expects: 'joiner' };
      else if (findClass(word) !== undefined) context = { expects: 'argument' };
      else if (word !== '' && word !== 'not') context = { expects: 'operator', field: findField(word) };
      else if (sign === '(' || sign === '!' || word === 'not') context = { expects: 'predicate' };
    } else if (context.expects === 'argument') {
      if (sign === ')') context = { expects: 'joiner' };
    } else if (context.expects === 'mask') context = { expects: 'operator', field: lastField(tokens, i) };
    else if (context.expects === 'operator') {
      if (sign === '&') context = { expects: 'mask' };
      else if (sign === ')' || word === 'exists') context = { expects: 'joiner' };
      else if (word !== 'not') context = { expects: 'value', field: context.field };
    } else if (sign === '{') braces = true;
    else if (sign === '}') {
      braces = false;
      context = { expects: 'joiner' };
    } else if (sign === ',') context = { expects: 'value', field: context.field };
    else context = braces ? { expects: 'separator', field: context.field } : { expects: 'joiner' };
  }
  return context;
}

/** Returns the field that the last value belongs to. */
function lastField(tokens: readonly Token[], before: number): Field | undefined {
  for (let i = before - 1; i >= 0; i--) {
    const field = findField(tokens[i]!.word);
    if (field !== undefined) return field;
  }
  return undefined;
}

function itemsFor(context: Context, options: CompleteOptions): Completion[] {
  switch (context.expects) {
    case 'predicate':
      return [
        ...fieldItems(() => ''),
        ...keywords('not', 'all'),
        ...Object.entries(ADDRESS_CLASSES).map(
          ([name, networks]): Completion => ({ text: `${name}(`, kind: 'function', detail: networks.join(' ') }),
        ),
        { text: 'pair(', kind: 'function', detail: 'two addresses or networks, one at each end' },
      ];
    case 'joiner':
      return keywords('and', 'or');
    case 'argument':
      return FIELDS.filter(field => field.type === 'address').map(field => ({
        text: field.name,
        kind: 'field',
        detail: FIELD_DOCS[field.name].summary,
      }));
    case 'operator': {
      const { field } = context;
      if (field === undefined) return [];
      const symbols = operatorsOf(field).flatMap(op => (op === 'eq' ? ['==', '!=', 'in', 'not in'] : symbolOf(op)));
      const items = symbols.map((text): Completion => ({ text, kind: 'operator' }));
      return isWord(field) ? [...keywords('and', 'or'), ...items.filter(item => item.text !== 'exists')] : items;
    }
    case 'value':
      return valueItems(context.field, options);
    case 'separator':
      return keywords(',', '}');
    default:
      return [];
  }
}

const narrow = (items: readonly Completion[], prefix: string): Completion[] => {
  const lower = prefix.toLowerCase();
  return items.filter(({ text }) => text.toLowerCase().startsWith(lower) && text !== prefix);
};

function completeExpression(text: string, start: number, position: number, options: CompleteOptions): Completions {
  const head = text.slice(start, position);
  const tokens = tokenize(head, 0, new Report(head, {})).slice(0, -1);
  const last = tokens.at(-1);
  // The word that touches the position is the one being typed.
  const open = last !== undefined && last.end === head.length && last.kind === WORD;
  const before = open ? tokens.slice(0, -1) : tokens;
  const prefix = open ? last.text : '';
  return {
    from: position - prefix.length,
    to: position,
    items: narrow(itemsFor(contextAfter(before), options), prefix),
  };
}

function completeQuery(text: string, position: number, options: CompleteOptions): Completions {
  // slice() first: lastIndexOf() would treat the position −1 as 0.
  const start = text.slice(0, position).lastIndexOf('&') + 1;
  const head = text.slice(start, position);
  const sign = /[=<>!]+/.exec(head);
  if (sign === null) {
    const dot = head.lastIndexOf('.');
    const owner = dot > 0 ? findField(head.slice(0, dot)) : undefined;
    const operators = owner === undefined ? [] : operatorsOf(owner).map(keyWordOf);
    const items: Completion[] = [
      ...fieldItems(field => (isWord(field) ? '' : '=')),
      ...(options.params ?? []).map((name): Completion => ({ text: `${name}=`, kind: 'param' })),
      { text: `${EXPRESSION_KEY}=`, kind: 'param', detail: 'an expression' },
      ...operators.map((key): Completion => ({ text: `${head.slice(0, dot)}.${key}=`, kind: 'operator' })),
    ];
    return { from: start, to: position, items: narrow(items, head) };
  }
  const key = head.slice(0, sign.index);
  const valueStart = start + sign.index + sign[0].length;
  if (key === EXPRESSION_KEY && !head.includes('%')) return completeExpression(text, valueStart, position, options);
  const dot = key.lastIndexOf('.');
  const field = findField(key) ?? findField(key.slice(0, Math.max(0, dot)));
  const from = Math.max(valueStart, text.slice(0, position).lastIndexOf(',') + 1);
  const truth = key.toLowerCase().endsWith('.exists') || field?.type === 'flag';
  const items = truth ? keywords('true', 'false') : valueItems(field, options);
  return { from, to: position, items: narrow(items, text.slice(from, position)) };
}

/**
 * Returns what can come at a position of a text: fields, operators, names of values, and the words that join tests. For shells and search
 * boxes.
 *
 * The text need not be valid. Text after the position is ignored.
 *
 * @example
 * ```ts
 * import { complete } from '@conntrack/filter/complete';
 * complete('proto=tcp&dp').items.map(({ text }) => text); // ['dport', …]
 * ```
 */
export function complete(text: string, position: number = text.length, options: CompleteOptions = {}): Completions {
  checkKeys('complete', options, COMPLETE);
  const at = Math.max(0, Math.min(position, text.length));
  const query = (options.syntax ?? (isQuery(text.slice(0, at)) ? 'query' : 'expression')) === 'query';
  return query ? completeQuery(text, at, options) : completeExpression(text, 0, at, options);
}
