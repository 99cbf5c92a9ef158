import { nearest } from '@conntrack/flow/checks';
import { ADDRESS_CLASSES, findClass } from '../language/address-classes.js';
import { ALL, type Filter, type Value } from '../language/ast.js';
import { type Field, fieldNames, isWord } from '../language/field.js';
import { COMPARISONS, type Comparison, EQUAL, EXISTS, MISTAKEN } from './comparisons.js';
import { STRING, type Token, WORD } from './lexer.js';
import { checkOperator, makeTest, readValues, symbolsOf } from './make-test.js';
import { maskedValue, readMask, takesMask } from './read-value.js';
import type { TokenReader } from './token-reader.js';

const testFrom = (
  { report, last }: TokenReader,
  name: Token,
  field: Field,
  comparison: Comparison,
  values: readonly Value[],
): Filter => makeTest(field, comparison, values, { start: name.start, end: last.end }, report);

const unknownField = ({ report }: TokenReader, name: Token): never =>
  report.unknown('field', name, [...fieldNames(report.fields), 'not', 'and', 'or'], []);

/** Whether the token after the next one can only be a value. */
const valueFollows = ({ second, report }: TokenReader): boolean =>
  second.kind === WORD && report.fields.find(second.word) === undefined;

/** Parses `private(src)` or `pair(A, B)`. A name that is neither of these nor a field is a fault. */
function parseCall(tokens: TokenReader, name: Token): Filter {
  const { report } = tokens;
  const { fields } = report;
  const addressClass = findClass(name.word);
  const pair = fields.find(name.word);
  tokens.take();
  if (addressClass === undefined && pair === undefined) {
    tokens.skip();
    const names = [...Object.keys(ADDRESS_CLASSES), ...(fields.find('pair') ? ['pair'] : [])];
    return report.unknown('function', name, [...names, 'not', 'and', 'or'], names);
  }
  const items = tokens.list(')');
  if (pair !== undefined) return testFrom(tokens, name, pair, EQUAL, readValues(pair, 'eq', items, report));
  const field = fields.find(items[0]!.text);
  if (items.length === 1 && field?.type === 'address')
    return testFrom(tokens, name, field, EQUAL, [{ type: 'class', name: addressClass! }]);
  const { text, start } = items[0]!;
  const names = fields.fields.filter(({ type }) => type === 'address').map(each => each.name);
  const place = { start, end: items.at(-1)!.end };
  // With several items no suggestion is made, because replacing all of them by one would make another filter.
  const meant = items.length === 1 ? nearest(text, names) : [];
  return report.fail('bad-value', place, `${addressClass} requires one address field`, meant, names);
}

/** Reads the comparison; it leaves the reader at the comparison's last token. Operators of other languages are faults. */
function comparisonAt(tokens: TokenReader, word: boolean): Comparison | undefined {
  const sign = tokens.next;
  if (tokens.is('not') && tokens.second.word === 'in') {
    tokens.take();
    return COMPARISONS.get('!=');
  }
  const [code, message, meant] =
    (!tokens.is('not') || (!word && valueFollows(tokens)) ? MISTAKEN.get(sign.word) : undefined) ?? [];
  if (code === undefined) return COMPARISONS.get(sign.word);
  tokens.report.fault(code, sign, message!, meant === undefined ? [] : [meant]);
  return COMPARISONS.get(meant ?? '==');
}

/** Parses a field without an operator: a word, or a fault. */
function parseBare(tokens: TokenReader, name: Token, field: Field | undefined): Filter {
  const { report, next, second } = tokens;
  if (field !== undefined && isWord(field)) return testFrom(tokens, name, field, EXISTS, []);
  // The next token is either the value of the field or the beginning of the next predicate.
  const begins =
    tokens.is('and', 'or', 'not') || report.fields.find(next.word) !== undefined || COMPARISONS.has(second.word);
  if (next.kind === STRING || (next.kind === WORD && !begins)) tokens.take();
  const { text, end } = name;
  const symbols = symbolsOf(field ?? unknownField(tokens, name));
  return report.fail('expected-operator', { start: end, end }, `no operator after '${text}'`, [], symbols);
}

/** Parses one value, values separated by commas, or a list in braces. */
function operand(tokens: TokenReader): Token[] {
  if (tokens.is('{')) {
    tokens.take();
    return tokens.list('}');
  }
  if (!tokens.is('(')) return tokens.list();
  const { start } = tokens.take();
  tokens.skip();
  const { end } = tokens.last;
  const meant = `{${tokens.source.slice(start + 1, end - 1)}}`;
  return tokens.report.fail('unexpected', { start, end }, 'a list must be in braces', [meant]);
}

/** Parses what begins with a word: a test, a function, or `all`. */
export function parseTest(tokens: TokenReader, name: Token): Filter {
  const { report } = tokens;
  const known = report.fields.find(name.word);
  if (tokens.is('(') && tokens.next.start === name.end && (known === undefined || known.type === 'pair'))
    return parseCall(tokens, name);
  if (known === undefined && name.word === 'all') return ALL;
  const word = known !== undefined && isWord(known);
  const masked = tokens.is('&') && !word && valueFollows(tokens);
  const [amp, mask] = masked ? [tokens.take(), tokens.take()] : [];
  const sign = tokens.next;
  const comparison = comparisonAt(tokens, word);
  if (comparison === undefined) return parseBare(tokens, name, known);
  tokens.take();
  const { op } = comparison;
  const items = op === 'exists' ? [] : report.attempt(() => operand(tokens));
  const field = known ?? unknownField(tokens, name);
  checkOperator(field, op, sign, report);
  if (items === undefined) return report.abandon();
  let values = items.length > 0 ? readValues(field, op, items, report) : [];
  if (amp !== undefined && mask !== undefined) {
    if (!takesMask(field)) report.fail('wrong-operator', amp, `${field.name} does not support a mask`);
    const bits = readMask(mask, report);
    values = values.map((value, i) =>
      op === 'eq' && value.type === 'number'
        ? maskedValue(value.value, bits, items[i]!, report)
        : report.fail('wrong-operator', sign, "a field with a mask supports only '==', '!=' and 'in' with numbers"),
    );
  }
  return testFrom(tokens, name, field, comparison, values);
}
