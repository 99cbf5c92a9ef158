import { AF_INET, formatAddress, formatPrefix, protocolOf, statusNames } from '@conntrack/flow';
import type { Filter, Test, Value } from '../language/ast.js';
import { type Field, fieldOf, isWord } from '../language/field-table.js';
import { formatNumber, hex } from '../language/numbers.js';
import { keyWordOf, symbolOf } from '../language/operators.js';

/** The pieces of a name around its stars, in quotes where they would not read back as themselves in both spellings. */
const printText = (parts: readonly string[], plain: RegExp): string =>
  parts.every(part => plain.test(part))
    ? parts.join('*')
    : `"${parts.map(part => part.replace(/["\\*]/g, '\\$&')).join('*')}"`;
const piece = /^[\w.:@/-]*$/;
const word = /^\w[\w.:@/-]*$/;
const label = /^(?!\d+$)\w[\w.:@/-]*$/;

function printNumber(field: Field, value: number): string {
  switch (field.type) {
    case 'family':
      return value === AF_INET ? 'ipv4' : 'ipv6';
    case 'protocol':
      return protocolOf(value).name;
    case 'status':
      return statusNames(value).join(',');
    case 'enum':
      return field.values![value] ?? String(value);
    default:
      return formatNumber(field, value);
  }
}

/** One value as text; `to` is what stands between the ends of a range. */
export function printValue(field: Field, value: Value, to = '..'): string {
  switch (value.type) {
    case 'number':
      return printNumber(field, value.value);
    case 'range':
      return printNumber(field, value.from) + (field.type === 'time' ? '..' : to) + printNumber(field, value.to);
    case 'masked':
      return `${formatNumber(field, value.value)}/${hex(value.mask)}`;
    case 'address':
      return formatAddress(value.address);
    case 'prefix':
      return formatPrefix(value);
    case 'addresses':
      return formatAddress(value.from) + to + formatAddress(value.to);
    case 'netmask':
      return `${formatAddress(value.address)}/${formatAddress(value.mask)}`;
    case 'label':
      return value.name === undefined ? String(value.bit) : printText([value.name], label);
    case 'text':
      return printText([value.text], word);
    case 'glob':
      return printText(value.parts, piece);
    case 'endpoint': {
      const address = printValue(field, value.address, to);
      if (value.port === undefined) return address;
      return `${address.includes(':') ? `[${address}]` : address}:${value.port}`;
    }
    default:
      return value.name;
  }
}

/** A test as an expression, negated where asked. */
function printTest({ field: name, op, values }: Test, negated: boolean): string {
  const field = fieldOf(name);
  const not = negated ? 'not ' : '';
  const equals = `${name} ${negated ? '!=' : '=='} `;
  const texts = values.map(value => printValue(field, value));
  const [value] = values;
  const [text] = texts;
  const all = texts.join(', ');
  if (op === 'exists') return not + name + (isWord(field) ? '' : ' exists');
  if (field.type === 'pair') return `${not}pair(${all})`;
  if (op === 'all') return `${not}${name} all {${all}}`;
  if (op !== 'eq') return `${not}${name} ${symbolOf(op)} ${text}`;
  if (values.length > 1 || value === undefined) return `${name} ${not}in {${all}}`;
  if (value.type === 'class' && field.type === 'address') return `${not}${text}(${name})`;
  if (value.type === 'masked') return equals.replace(' ', ` & ${hex(value.mask)} `) + formatNumber(field, value.value);
  return /^(prefix|addresses|range|netmask)$/.test(value.type) ? `${name} ${not}in ${text}` : equals + text;
}

/** Text as it grows, with the place of every test. */
interface Output {
  text: string;
  readonly spans: Map<Test, [start: number, end: number]>;
}

/** Writes a filter, in parentheses where it stands among others and is joined of several. */
function write(filter: Filter, out: Output, inner = true): void {
  const negated = filter.kind === 'not';
  const test = negated ? filter.term : filter;
  if (test.kind === 'test') {
    const start = out.text.length;
    out.text += printTest(test, negated);
    out.spans.set(test, [start, out.text.length]);
  } else if (negated) {
    out.text += 'not ';
    write(test, out);
  } else if (filter.kind === 'and' || filter.kind === 'or') {
    if (inner) out.text += '(';
    for (const [i, term] of filter.terms.entries()) {
      if (i > 0) out.text += ` ${filter.kind} `;
      write(term, out);
    }
    if (inner) out.text += ')';
  } else out.text += 'all';
}

/** The canonical expression and where each of its tests stands in it. */
export function printSpans(filter: Filter): Readonly<Output> {
  const out: Output = { text: '', spans: new Map() };
  write(filter, out, false);
  return out;
}

/**
 * A filter as an expression in canonical form: `parseExpression` of it gives the same filter (in normal form) back.
 * Parentheses stand wherever `and` and `or` meet.
 */
export const printExpression = (filter: Filter): string => printSpans(filter).text;

// What may stand in a query (RFC 3986, 3.4) and is neither our own sign nor a browser's to change.
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/%(?:2C|2F|3A|40|3D|24|3B|3F)/g, code => decodeURIComponent(code));

/** The key and pair of a term, where one pair can say it. */
function printPair(term: Filter): { key: string; pair: string } | undefined {
  const negated = term.kind === 'not';
  const test = negated ? term.term : term;
  if (test.kind !== 'test') return undefined;
  const { field: name, op, values } = test;
  const field = fieldOf(name);
  const key = field.type === 'flag' || (op === 'eq' && !negated) ? name : `${name}.${keyWordOf(op)}`;
  if (op === 'exists') return { key, pair: isWord(field) && !negated ? name : `${key}=${!negated}` };
  if (negated && op !== 'eq') return undefined;
  return { key, pair: `${key}=${values.map(value => encode(printValue(field, value, '-'))).join(',')}` };
}

/**
 * A filter as a query string in canonical form, percent-encoded: pairs as long as they can say it, the rest as `filter=`.
 * `parseQuery` of it gives the same filter (in normal form) back. Of `all` it is empty.
 */
export function printQuery(filter: Filter): string {
  if (filter.kind === 'all') return '';
  const terms = filter.kind === 'and' ? filter.terms : [filter];
  const pairs: string[] = [];
  const keys = new Set<string>();
  for (const [i, term] of terms.entries()) {
    const printed = printPair(term);
    // The same key again would be read as OR.
    if (printed === undefined || keys.has(printed.key)) {
      const rest: Filter = terms.length - i === 1 ? term : { kind: 'and', terms: terms.slice(i) };
      pairs.push(`filter=${encode(printExpression(rest))}`);
      break;
    }
    keys.add(printed.key);
    pairs.push(printed.pair);
  }
  return pairs.join('&');
}
