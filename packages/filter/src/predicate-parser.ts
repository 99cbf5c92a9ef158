import { ADDRESS_CLASSES, findClass } from './address-value.js';
import { type AddressClass, ALL, type Filter } from './ast.js';
import { FIELDS, type Field, fieldNames, findField, isWord } from './fields.js';
import type { Item } from './item.js';
import type { Token } from './lexer.js';
import { COMPARISONS, isAnd, isNot, isOr, isSign } from './signs.js';
import { nearest, orList } from './suggest.js';
import { checkOperator, makeTest, parseValues, symbolsOf } from './test-node.js';
import type { TokenReader } from './token-reader.js';
import { maskedValue, parseMask, takesMask } from './value.js';

/** A predicate that begins with the given word; `undefined`, with the fault reported, when it is none. */
export function parsePredicate(reader: TokenReader, name: Token): Filter | undefined {
  const { scope } = reader;
  const lower = name.word;
  const next = reader.peek();
  if (isSign(next, '(') && next.start === name.end) {
    const addressClass = findClass(lower);
    if (addressClass !== undefined || lower === 'pair') return parseCall(reader, name, addressClass);
    if (findField(lower) === undefined) {
      const names = [...Object.keys(ADDRESS_CLASSES), 'pair', 'not', 'and', 'or'];
      scope.fail(
        'unknown-function',
        name,
        `unknown function '${name.text}'`,
        nearest(name.text, names),
        names.slice(0, -3),
      );
      reader.skipGroup();
      return undefined;
    }
  }
  const field = findField(lower);
  if (field === undefined && lower === 'all') return ALL;
  if (field === undefined) {
    const suggestions = (): string[] => nearest(name.text, [...fieldNames(), 'not', 'and', 'or']);
    scope.fail('unknown-field', name, `unknown field '${name.text}'`, suggestions);
  }
  return parseTest(reader, name, field);
}

/** `private(src)`, `pair(A, B)`. */
function parseCall(reader: TokenReader, name: Token, addressClass: AddressClass | undefined): Filter | undefined {
  const { scope } = reader;
  const open = reader.take();
  const items = reader.list(')', open);
  const end = reader.taken();
  if (items === undefined) return undefined;
  if (addressClass === undefined) {
    const field = findField('pair')!;
    const values = parseValues(field, 'eq', items, scope);
    return values && makeTest(field, 'eq', false, values, { start: name.start, end }, scope);
  }
  const item = items[0]!;
  const field = findField(item.text);
  if (items.length === 1 && field?.type === 'address')
    return makeTest(field, 'eq', false, [{ type: 'class', name: addressClass }], { start: name.start, end }, scope);
  const fields = FIELDS.filter(each => each.type === 'address').map(each => each.name);
  return scope.fail(
    'bad-value',
    { start: item.start, end: items.at(-1)!.end },
    `${addressClass} takes one address field: ${orList(fields)}`,
    nearest(item.text, fields),
    fields,
  );
}

function parseTest(reader: TokenReader, name: Token, field: Field | undefined): Filter | undefined {
  const { scope } = reader;
  let mask: number | undefined;
  if (isSign(reader.peek(), '&') && (field === undefined || !isWord(field))) {
    const amp = reader.take();
    const digits = reader.peek();
    if (digits.kind !== 'word' || findField(digits.text) !== undefined)
      return scope.fail('unexpected', amp, "'&' is followed by a mask such as 0xff", ['&&']);
    reader.take();
    mask = parseMask(digits.text, digits.start, scope);
    if (field !== undefined && !takesMask(field)) scope.fail('wrong-operator', amp, `${field.name} takes no mask`);
  }
  const sign = reader.peek();
  let comparison = COMPARISONS.get(sign.word);
  if (comparison !== undefined) reader.take();
  else if (isSign(sign, '=')) {
    reader.take();
    scope.fail('single-equals', sign, "'=' compares nothing in an expression", ['==']);
    comparison = { op: 'eq' };
  } else if (isNot(sign) && sign.kind === 'word' && reader.after().word === 'in') {
    reader.take();
    reader.take();
    comparison = { op: 'eq', negated: true };
  }
  if (isNot(sign) && comparison === undefined && reader.after().kind === 'word') {
    const value = reader.after();
    if (findField(value.text) === undefined && (field === undefined || !isWord(field))) {
      reader.take();
      reader.take();
      return scope.fail('unexpected', sign, `'${sign.text}' compares nothing`, ['!=']);
    }
  }
  if (sign.text.endsWith('~') && sign.kind === 'sign') {
    reader.take();
    reader.item();
    return scope.fail('unknown-operator', sign, "there are no regular expressions; names take '*'");
  }
  if (comparison === undefined) return parseBare(reader, name, field);
  const { op } = comparison;
  const allowed = field !== undefined && checkOperator(field, op, sign, scope);
  if (op === 'exists')
    return allowed ? makeTest(field, op, false, [], { start: name.start, end: sign.end }, scope) : undefined;
  const items = parseOperand(reader, field, sign);
  if (items === undefined || !allowed) return undefined;
  let values = parseValues(field, op, items, scope);
  if (values === undefined) return undefined;
  if (mask !== undefined) {
    if (op !== 'eq' || values.some(value => value.type !== 'number'))
      return scope.fail('wrong-operator', sign, "a masked field compares with '==', '!=' or 'in' and numbers");
    const bits = mask;
    values = values.map((value, i) => maskedValue(value.type === 'number' ? value.value : 0, bits, items[i]!, scope));
  }
  const end = reader.taken();
  return makeTest(field, op, comparison.negated === true, values, { start: name.start, end }, scope);
}

/** A field without an operator: a word, or a fault. */
function parseBare(reader: TokenReader, name: Token, field: Field | undefined): Filter | undefined {
  const { scope } = reader;
  if (field !== undefined && isWord(field)) return makeTest(field, 'exists', false, [], name, scope);
  const next = reader.peek();
  // What follows is its value, or the next predicate.
  const value = next.kind === 'string' || (next.kind === 'word' && !beginsPredicate(reader, next));
  if (field !== undefined) {
    const symbols = symbolsOf(field);
    scope.fail(
      'expected-operator',
      { start: name.end, end: name.end },
      `expected an operator after '${name.text}': ${orList(symbols)}`,
      [],
      symbols,
    );
  }
  if (value) reader.take();
  return undefined;
}

function beginsPredicate(reader: TokenReader, token: Token): boolean {
  const after = reader.after();
  return (
    isAnd(token) || isOr(token) || isNot(token) || findField(token.text) !== undefined || COMPARISONS.has(after.word)
  );
}

/** One value, values parted by commas, or a list in braces. */
function parseOperand(reader: TokenReader, field: Field | undefined, sign: Token): Item[] | undefined {
  if (isSign(reader.peek(), '{')) return reader.list('}', reader.take());
  if (isSign(reader.peek(), '(')) {
    const { start } = reader.peek();
    reader.skipGroup();
    const end = reader.taken();
    return reader.scope.fail('unexpected', { start, end }, 'a list stands in braces', [
      `{${reader.source.slice(start + 1, end - 1)}}`,
    ]);
  }
  const items: Item[] = [];
  for (;;) {
    const item = reader.item();
    if (item === undefined) {
      const name = field === undefined ? '' : ` for ${field.name}`;
      const { start, end } = reader.peek();
      return reader.scope.fail(
        'expected-value',
        { start, end },
        `expected a value${name} after '${items.length === 0 ? sign.text : ','}'`,
      );
    }
    items.push(item);
    if (!isSign(reader.peek(), ',')) return items;
    reader.take();
  }
}
