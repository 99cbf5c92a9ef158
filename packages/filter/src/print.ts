import { AF_INET, formatAddress, formatPrefix, protocolOf, statusNames } from '@conntrack/flow';
import type { AddressValue, Filter, Test, Value } from './ast.js';
import { type Field, fieldOf, isWord } from './fields.js';
import { formatNumber } from './numbers.js';
import { SPELLING } from './operator.js';

const escapeQuoted = (text: string): string => text.replace(/["\\*]/g, '\\$&');
/** What reads back as itself without quotes, in both spellings. */
const plain = /^[A-Za-z0-9_][A-Za-z0-9_.:@/-]*$/;
const plainPart = /^[A-Za-z0-9_.:@/-]*$/;

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

function printAddress(value: AddressValue, to: string): string {
  switch (value.type) {
    case 'address':
      return formatAddress(value.address);
    case 'prefix':
      return formatPrefix(value);
    case 'addresses':
      return `${formatAddress(value.from)}${to}${formatAddress(value.to)}`;
    case 'netmask':
      return `${formatAddress(value.address)}/${formatAddress(value.mask)}`;
    case 'class':
      return value.name;
  }
}

/** One value as text; `to` is what stands between the ends of a range. */
export function printValue(field: Field, value: Value, to = '..'): string {
  switch (value.type) {
    case 'number':
      return printNumber(field, value.value);
    case 'range': {
      const dots = field.type === 'time' ? '..' : to;
      return `${printNumber(field, value.from)}${dots}${printNumber(field, value.to)}`;
    }
    case 'masked':
      return `${formatNumber(field, value.value)}/0x${value.mask.toString(16)}`;
    case 'state':
    case 'name':
      return value.name;
    case 'label':
      if (value.name === undefined) return String(value.bit);
      return plain.test(value.name) && !/^\d+$/.test(value.name) ? value.name : `"${escapeQuoted(value.name)}"`;
    case 'text':
      return plain.test(value.text) ? value.text : `"${escapeQuoted(value.text)}"`;
    case 'glob':
      return value.parts.every(part => plainPart.test(part))
        ? value.parts.join('*')
        : `"${value.parts.map(escapeQuoted).join('*')}"`;
    case 'endpoint': {
      const address = printAddress(value.address, to);
      if (value.port === undefined) return address;
      return `${address.includes(':') ? `[${address}]` : address}:${value.port}`;
    }
    default:
      return printAddress(value, to);
  }
}

/** A test as an expression, negated where asked. */
function printTest(test: Test, negated = false): string {
  const field = fieldOf(test.field);
  const not = negated ? 'not ' : '';
  if (test.op === 'exists') return `${not}${test.field}${isWord(field) ? '' : ' exists'}`;
  const values = test.values.map(value => printValue(field, value));
  if (field.type === 'pair') return `${not}pair(${values.join(', ')})`;
  if (test.op === 'all') return `${not}${test.field} all {${values.join(', ')}}`;
  if (test.op !== 'eq') return `${not}${test.field} ${SPELLING[test.op].symbol} ${values[0]}`;
  const [value] = test.values;
  if (test.values.length > 1 || value === undefined) return `${test.field} ${not}in {${values.join(', ')}}`;
  if (value.type === 'class' && field.type === 'address') return `${not}${value.name}(${test.field})`;
  if (value.type === 'masked')
    return `${test.field} & 0x${value.mask.toString(16)} ${negated ? '!=' : '=='} ${formatNumber(field, value.value)}`;
  if (/^(prefix|addresses|range|netmask)$/.test(value.type)) return `${test.field} ${not}in ${values[0]}`;
  return `${test.field} ${negated ? '!=' : '=='} ${values[0]}`;
}

/** Text as it grows, with the place of every test. */
interface Output {
  text: string;
  readonly spans: Map<Test, [start: number, end: number]>;
}

function write(filter: Filter, out: Output): void {
  switch (filter.kind) {
    case 'all':
      out.text += 'all';
      break;
    case 'not':
      if (filter.term.kind === 'test') writeTest(filter.term, true, out);
      else {
        out.text += 'not ';
        writeGroup(filter.term, out);
      }
      break;
    case 'test':
      writeTest(filter, false, out);
      break;
    default:
      for (const [i, term] of filter.terms.entries()) {
        if (i > 0) out.text += ` ${filter.kind} `;
        writeGroup(term, out);
      }
  }
}

function writeTest(test: Test, negated: boolean, out: Output): void {
  const start = out.text.length;
  out.text += printTest(test, negated);
  out.spans.set(test, [start, out.text.length]);
}

function writeGroup(filter: Filter, out: Output): void {
  const joined = filter.kind === 'and' || filter.kind === 'or';
  if (joined) out.text += '(';
  write(filter, out);
  if (joined) out.text += ')';
}

/** The canonical expression and where each of its tests stands in it. */
export function printSpans(filter: Filter): Readonly<Output> {
  const out: Output = { text: '', spans: new Map() };
  write(filter, out);
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
  const field = fieldOf(test.field);
  if (test.op === 'exists') {
    const pair = isWord(field)
      ? negated
        ? `${test.field}${field.type === 'flag' ? '' : '.exists'}=false`
        : test.field
      : `${test.field}.exists=${!negated}`;
    return { key: `${test.field} exists`, pair };
  }
  if (negated && test.op !== 'eq') return undefined;
  const suffix = negated ? 'not' : SPELLING[test.op].key;
  const key = suffix === '' ? test.field : `${test.field}.${suffix}`;
  return { key, pair: `${key}=${test.values.map(value => encode(printValue(field, value, '-'))).join(',')}` };
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
