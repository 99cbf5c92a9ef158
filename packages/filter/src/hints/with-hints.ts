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
  const [all = '', value = ''] = VALUE.exec(after) ?? [];
  if (value === '' || KEYWORD.test(value) || COMPARISON.test(after.slice(all.length))) return undefined;
  return findField(value) === undefined ? { value, right: all.length } : undefined;
}

/** Hints for `ip=…`, `host 192.0.2.1`, `tcp`. */
function unknownField({ before, word, after, pair }: Context, { suggestions }: FilterIssue): Hint | undefined {
  const dot = word.lastIndexOf('.');
  const called = fieldCalled(word);
  const bare = pair ? before + after === '' : !COMPARISON.test(after);
  if (!bare) {
    const prefix = dot < 0 ? undefined : fieldCalled(word.slice(0, dot));
    const field = called ?? (prefix && prefix + word.slice(dot));
    return field === undefined ? undefined : { suggestions: [field] };
  }
  const behind = pair || called === undefined ? undefined : valueBehind(after);
  if (behind !== undefined) return { suggestions: [spell(termOf(called!, behind.value), pair)], right: behind.right };
  const terms = bareTerms(word);
  if (terms !== undefined) return { suggestions: [spellAll(terms, pair)] };
  if (suggestions !== undefined) return undefined;
  const near = nearest(word, BARE_NAMES).map(name => spell(nameTerm(name)!, pair));
  return near.length > 0 ? { suggestions: near } : undefined;
}

/** Hints for `src 192.0.2.1`, and for `dst port 80` as in tcpdump(8). */
function missingOperator({ before, after, pair }: Context): Hint | undefined {
  const [name = ''] = /[^(){},=!<>&|~"\s]+$/.exec(before) ?? [];
  const [, kind = '', value = ''] = /^\s+(port|host|net)\s+([^(){},=!<>&|~"\s]+)/i.exec(after) ?? [];
  const end = /^(src|dst)$/i.test(name) ? name.toLowerCase() : undefined;
  if (end !== undefined && value !== '') {
    const field = kind.toLowerCase() === 'port' ? `${end[0]}port` : end;
    const right = after.indexOf(value, after.indexOf(kind) + kind.length) + value.length;
    return { suggestions: [spell([field, portsOf(value) ?? value], pair)], left: name.length, right };
  }
  const behind = valueBehind(after);
  if (behind === undefined || name === '') return undefined;
  return { suggestions: [spell(termOf(name, behind.value), pair)], left: name.length, right: behind.right };
}

/** The test that contains a value: its field, all its values, and its extent to both sides. */
interface Around {
  readonly field: string;
  readonly negated: boolean;
  readonly values: readonly string[];
  readonly left: number;
  readonly right: number;
}

function testAround({ before, word, after, pair }: Context): Around | undefined {
  const [all = '', name = '', not, sign = '', brace = '', earlier = ''] =
    (pair
      ? /^\s*([^=<>!]*?)(\.not)?\s*(!?=)()([^"]*)$/i.exec(before)
      : /([^(){},=!<>&|~"\s]+)()\s*(==|!=|=|\b(?:eq|ne|in|not\s+in)\b)\s*(?:(\{)([^{}"]*))?$/i.exec(before)) ?? [];
  const field = findField(name)?.name;
  const [later] = (pair ? /^[^"]*$/ : brace ? /^[^{}"]*\}/ : /^(?!\s*,)/).exec(after) ?? [];
  if (field === undefined || later === undefined) return undefined;
  const values = `${earlier}${word}${later.replace('}', '')}`.split(',').map(value => value.trim());
  const negated = Boolean(not) || /^(!=|ne|not)/i.test(sign);
  return { field, negated, values, left: all.length, right: later.length };
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
  if (/^\d*:\d*$/.test(word) && word !== ':') {
    const range = portsOf(word) ?? (/^\d+:\d+$/.test(word) ? word.replace(':', '-') : undefined);
    return range === undefined ? undefined : { suggestions: [range] };
  }
  const network = word.includes('*') ? addressOf(word) : undefined;
  if (network !== undefined) return { suggestions: [network] };
  const endpoint = endpointOf(word);
  const around = endpoint && testAround(context);
  const portField = around && PORT_OF[around.field];
  if (portField === undefined || around!.negated || around!.values.length > 1) return undefined;
  const terms: Term[] = [
    [around!.field, endpoint!.address],
    [portField, endpoint!.port],
  ];
  return { suggestions: [spellAll(terms, pair)], left: around!.left };
}

const UNITS =
  'k:KB kb kB,M:MB mb,G:GB gb,Ki:KiB kib,Mi:MiB mib,Gi:GiB gib,ms:msec msecs millis,s:sec secs second seconds,m:min mins minute minutes,h:hr hrs hour hours,d:day days';
const units = new Map(
  UNITS.split(',').flatMap(list => {
    const [unit, names] = list.split(':');
    return names!.split(' ').map(name => [name, unit!] as const);
  }),
);

/** Hints for `bytes>=1MB`, `age>5min`. */
const unknownUnit = ({ word }: Context, { expected = [] }: FilterIssue): Hint | undefined => {
  const unit = units.get(word) ?? units.get(word.toLowerCase());
  return unit !== undefined && expected.includes(unit) ? { suggestions: [unit] } : undefined;
};

const READERS: { readonly [code in FilterIssue['code']]?: (context: Context, issue: FilterIssue) => Hint | undefined } =
  {
    'unknown-field': unknownField,
    'expected-operator': missingOperator,
    'unknown-value': unknownValue,
    'bad-value': badValue,
    'unknown-unit': unknownUnit,
  };

/** The pair of a query string around an offset, or the expression inside it. */
function surroundings(text: string, query: boolean, start: number, end: number): Context {
  const from = query ? text.slice(0, start).lastIndexOf('&') + 1 : 0;
  const next = query ? text.indexOf('&', end) : -1;
  const key = `${EXPRESSION_KEY}=`;
  const pair = query && !text.startsWith(key, from);
  const begin = query && !pair ? from + key.length : from;
  return {
    before: text.slice(begin, start),
    word: text.slice(start, end),
    after: text.slice(end, next < 0 ? text.length : next),
    pair,
  };
}

/**
 * Adds suggestions for what people type first to the error of a text. The faults stay those of the parser, in the same order, but a fault
 * that another fault's suggestion also corrects is left out.
 */
export function withHints(error: FilterError, raw: string, query: boolean): FilterError {
  if (error.issues.some(({ code }) => code === 'bad-encoding' || code === 'too-long')) return error;
  const report = new Report(raw, {});
  const text = query ? decodePairs(raw, report).text : raw;
  const { offsets } = report;
  let covered = 0;
  const issues: FilterIssue[] = [];
  for (const issue of error.issues) {
    const { offset, message, suggestions = [], expected = [] } = issue;
    if (offset < covered) continue;
    const start = offsets?.indexOf(offset) ?? offset;
    const end = offsets?.indexOf(offset + issue.length) ?? offset + issue.length;
    const hint = READERS[issue.code]?.(surroundings(text, query, start, end), issue);
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
