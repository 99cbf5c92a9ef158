import { nearest } from '@conntrack/flow/checks';
import { findField } from '../language/field-table.js';
import { decodePairs } from '../parse/decode-pairs.js';
import { FilterError, type FilterIssue, printable, snippetOf } from '../parse/issue.js';
import { EXPRESSION_KEY } from '../parse/parse-query.js';
import { choices, Report } from '../parse/report.js';
import { addressOf, endpointOf, portsOf } from './foreign-places.js';
import { BARE_NAMES, bareTerms, fieldCalled, nameTerm, type Term, valueTerm } from './foreign-words.js';
import { spell, spellAll, spellAny } from './spell.js';

/** The text around a fault, in its pair or expression. */
interface Context {
  readonly before: string;
  readonly word: string;
  readonly after: string;
  /** Whether the fault is in a pair of a query string. */
  readonly pair: boolean;
}

/** What was probably meant, and how much text around the fault it replaces. */
interface Hint {
  readonly suggestions: readonly string[];
  readonly left?: number;
  readonly right?: number;
}

/** The test for a field and a value that were written without an operator. */
const termOf = (field: string, value: string): Term => valueTerm(field, value) ?? [field, value];

const COMPARISON = /^\s*(?:[=!<>~]|(?:eq|ne|in|gt|gte|ge|lt|lte|le|all|exists|not)\b)/i;
const VALUE = /^\s+([^(){},=!<>&|~"\s]+)/;
const KEYWORD = /^(?:and|or|not|in)$/i;

/** Finds the value after a word without an operator between them. */
function valueBehind(after: string): { value: string; right: number } | undefined {
  const found = VALUE.exec(after);
  if (found === null) return undefined;
  const [{ length }, value] = found as unknown as [string, string];
  if (KEYWORD.test(value) || COMPARISON.test(after.slice(length))) return undefined;
  return findField(value) === undefined ? { value, right: length } : undefined;
}

/** Hints for `ip=…`, `host 192.0.2.1`, `tcp`. */
function unknownField({ before, word, after, pair }: Context, { suggestions }: FilterIssue): Hint | undefined {
  const bare = pair ? before + after === '' : !COMPARISON.test(after);
  if (!bare) {
    // A pair can have its operator after a dot: `ip.not=…`.
    const name = word.split('.', 1)[0]!;
    const field = fieldCalled(name);
    return field === undefined ? undefined : { suggestions: [field + word.slice(name.length)] };
  }
  const called = fieldCalled(word);
  const behind = called === undefined ? undefined : valueBehind(after);
  if (behind !== undefined) return { suggestions: [spell(termOf(called!, behind.value), pair)], right: behind.right };
  const terms = bareTerms(word);
  if (terms !== undefined) return { suggestions: [spellAll(terms, pair)] };
  if (suggestions !== undefined) return undefined;
  const near = nearest(word, BARE_NAMES).map(name => spell(nameTerm(name)!, pair));
  return near.length > 0 ? { suggestions: near } : undefined;
}

/** Hints for `src 192.0.2.1`, and for `dst port 80` as in tcpdump(8). */
function missingOperator({ before, after, pair }: Context): Hint | undefined {
  // The fault is at the end of a field's name.
  const name = /[^(){},=!<>&|~"\s]+$/.exec(before)![0];
  const { length: left } = name;
  const found = /^\s+(port|host|net)\s+([^(){},=!<>&|~"\s]+)/i.exec(after);
  if (found !== null && /^(src|dst)$/i.test(name)) {
    const [{ length: right }, kind, value] = found as unknown as [string, string, string];
    const field = kind.toLowerCase() === 'port' ? `${name[0]}port` : name;
    return { suggestions: [spell([field.toLowerCase(), portsOf(value) ?? value], pair)], left, right };
  }
  const behind = valueBehind(after);
  return behind && { suggestions: [spell(termOf(name, behind.value), pair)], left, right: behind.right };
}

/** The test that contains a value: its field, all its values, and its extent to both sides. */
interface Around {
  readonly field: string;
  readonly negated: boolean;
  readonly values: readonly string[];
  readonly left: number;
  readonly right: number;
}

const AROUND_IN_PAIR = /^([^=<>!]*?)(\.not)?\s*(!?=)()(.*)/is;
const AROUND = /([^(){},=!<>&|~"\s]+)()\s*(==|!=|=|\b(?:eq|ne|in|not\s+in)\b)\s*(?:(\{)([^{}"]*))?$/i;

function testAround({ before, word, after, pair }: Context): Around | undefined {
  const found = (pair ? AROUND_IN_PAIR : AROUND).exec(before);
  if (found === null) return undefined;
  const [{ length: left }, name, not, sign, brace, earlier = ''] = found as unknown as [string, string, ...string[]];
  const field = findField(name.trim())?.name;
  const later = pair ? after : (brace ? /^[^{}"]*\}/ : /^(?!\s*,)/).exec(after)?.[0];
  if (field === undefined || later === undefined) return undefined;
  const values = `${earlier}${word}${later.replace('}', '')}`.split(',').map(value => value.trim());
  return { field, negated: Boolean(not) || /!|ne|not/i.test(sign!), values, left, right: later.length };
}

/** Hints for `state=UNREPLIED`, `nat=snat`, `state in {NEW, ESTABLISHED}`. */
function unknownValue(context: Context): Hint | undefined {
  const around = testAround(context);
  if (around === undefined) return undefined;
  const { field, negated, values, left, right } = around;
  const terms = values.map(value => valueTerm(field, value)).filter(term => term !== undefined);
  if (terms.length < values.length) return undefined;
  return { suggestions: [spellAny(terms, context.pair, negated)], left, right };
}

const PORT_OF: Readonly<Record<string, string>> = {
  src: 'sport',
  dst: 'dport',
  'reply.src': 'reply.sport',
  'reply.dst': 'reply.dport',
  addr: 'port',
};

/** Hints for `dport=1024:2048`, `src=192.0.2.1:80`, `dst=10.0.*.*`. */
function badValue(context: Context): Hint | undefined {
  const { word, pair } = context;
  const around = testAround(context);
  const { type, max } = findField(around?.field ?? '') ?? {};
  const range = type === 'port' ? portsOf(word) : max && /^\d+:\d+$/.test(word) && word.replace(':', '-');
  if (range) return { suggestions: [range] };
  const network = word.includes('*') ? addressOf(word) : undefined;
  if (network !== undefined) return { suggestions: [network] };
  const endpoint = endpointOf(word);
  const portField = around && PORT_OF[around.field];
  if (endpoint === undefined || portField === undefined || around!.negated || around!.values.length > 1)
    return undefined;
  const terms: Term[] = [
    [around!.field, endpoint.address],
    [portField, endpoint.port],
  ];
  return { suggestions: [spellAll(terms, pair)], left: around!.left };
}

/** Units as other languages write them, in lower case, by the unit of this one. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  k: ['kb'],
  M: ['mb'],
  G: ['gb'],
  Ki: ['kib'],
  Mi: ['mib'],
  Gi: ['gib'],
  ms: ['msec', 'msecs', 'millis'],
  s: ['sec', 'secs', 'second', 'seconds'],
  m: ['min', 'mins', 'minute', 'minutes'],
  h: ['hr', 'hrs', 'hour', 'hours'],
  d: ['day', 'days'],
};
const units: ReadonlyMap<string, string> = new Map(
  Object.entries(UNITS).flatMap(([unit, names]) => names.map(name => [name, unit])),
);

/** Hints for `bytes>=1MB`, `age>5min`. */
const unknownUnit = ({ word }: Context, { expected = [] }: FilterIssue): Hint | undefined => {
  const suggestions = expected.filter(unit => unit === units.get(word.toLowerCase()));
  return suggestions.length > 0 ? { suggestions } : undefined;
};

const READERS: { readonly [code in FilterIssue['code']]?: (context: Context, issue: FilterIssue) => Hint | undefined } =
  {
    'unknown-field': unknownField,
    'expected-operator': missingOperator,
    'unknown-value': unknownValue,
    'bad-value': badValue,
    'unknown-unit': unknownUnit,
  };

/**
 * Adds suggestions for what people type first to the error of a text. The faults stay those of the parser, in the same order, but a fault
 * that another fault's suggestion also corrects is left out.
 */
export function withHints(error: FilterError, raw: string, query: boolean): FilterError {
  // Such a text is not decoded completely, so its offsets are not known.
  if (error.issues.some(({ code }) => code === 'bad-encoding' || code === 'too-long')) return error;
  const report = new Report(raw, {});
  const { text, pairs } = query ? decodePairs(raw, report) : { text: raw, pairs: [{ start: 0, end: raw.length }] };
  const { offsets } = report;
  let covered = 0;
  const issues: FilterIssue[] = [];
  for (const issue of error.issues) {
    const { offset, message, suggestions = [], expected = [] } = issue;
    if (offset < covered) continue;
    const start = offsets?.indexOf(offset) ?? offset;
    const end = offsets?.indexOf(offset + issue.length) ?? offset + issue.length;
    const around = pairs.find(pair => pair.start <= start && end <= pair.end);
    const context = around && {
      before: text.slice(around.start, start),
      word: text.slice(start, end),
      after: text.slice(end, around.end),
      pair: query && !text.startsWith(`${EXPRESSION_KEY}=`, around.start),
    };
    const hint = context && READERS[issue.code]?.(context, issue);
    if (hint === undefined) {
      issues.push(issue);
      continue;
    }
    const raws = [start - (hint.left ?? 0), end + (hint.right ?? 0)].map(at => offsets?.[at] ?? at) as [number, number];
    const sentence = message.slice(0, message.length - printable(choices(suggestions, expected)).length);
    const better = printable(sentence + choices(hint.suggestions, []));
    const length = raws[1] - raws[0];
    covered = raws[1];
    issues.push({
      ...issue,
      offset: raws[0],
      length,
      message: better,
      suggestions: hint.suggestions,
      snippet: snippetOf(raw, raws[0], length, better),
    });
  }
  return new FilterError(issues);
}
