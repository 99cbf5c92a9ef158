// What filtering costs: predicates over netlink bytes, against a bare walk and the naive way, and parsing. Medians of short runs.
import { type FlowCursor, parsePrefix, prefixContains } from '@conntrack/flow';
import { formatIPv4, ipv4 } from '@conntrack/flow/codec';
import { measure } from 'mitata';
import { compileFilter } from '../src/compile.js';
import { parseExpression, parseQuery } from '../src/index.js';
import { printExpression } from '../src/print.js';
import { makeEntries, random } from './entries.js';
import { RawCursor } from './raw-cursor.js';

const COUNT = 100_000;
const cursor = new RawCursor(makeEntries(COUNT));
const rows: { what: string; figure: string; target: string }[] = [];

async function median(run: () => unknown): Promise<number> {
  const { p50 } = await measure(run, { min_cpu_time: 300e6, inner_gc: false });
  return p50;
}

/** Entries that pass, over the whole buffer. */
function count(predicate: (cursor: FlowCursor) => boolean): number {
  cursor.rewind();
  let passed = 0;
  while (cursor.next()) if (predicate(cursor)) passed++;
  return passed;
}

async function scan(what: string, predicate: (cursor: FlowCursor) => boolean, target = ''): Promise<number> {
  const nanoseconds = await median(() => count(predicate));
  const perSecond = COUNT / (nanoseconds / 1e9);
  const figure = `${(perSecond / 1e6).toFixed(1)} M entries/s (${count(predicate)} of ${COUNT} pass)`;
  rows.push({ what, figure, target });
  return perSecond;
}

const next = random(7);
const prefixes = Array.from({ length: 1000 }, () => {
  const length = 12 + next(13);
  const word = ((next(200) << 24) | next(1 << 24)) & (0xffffffff << (32 - length));
  return `${formatIPv4(word >>> 0)}/${length}`;
});
const limits = { text: 1 << 16 };
const query = (text: string) => compileFilter(parseQuery(text, { limits }).filter);

// As in a server: other predicates have run before, so that no call is monomorphic by accident.
for (const text of [
  'dport=80,443,53',
  'src=10.0.0.0/8&mark=0x1/0xf',
  'status=assured',
  'helper=ftp',
  'nat=src',
  'state=connected',
])
  count(query(text));

// A walk that reads nothing waits for memory at every entry, and is slower than one that does.
await scan('walk, protocol read', each => each.protonum() < 0);
await scan('proto=tcp&state=ESTABLISHED', query('proto=tcp&state=ESTABLISHED'), '≥ 10 M/s');
await scan('state=ESTABLISHED', query('state=ESTABLISHED'));
await scan('src=10.0.0.0/8&dport=443', query('src=10.0.0.0/8&dport=443'));
await scan('dport=22,80,1000-2000,3306,5432', query('dport=22,80,1000-2000,3306,5432'));
await scan('bytes>=1M', query('bytes>=1M'));
await scan('nat=any', query('nat=any'));
const fast = await scan('dst in 1,000 prefixes', query(`dst=${prefixes.join(',')}`), '≥ 3 M/s');
const naive = prefixes.map(text => parsePrefix(text)!);
const slow = await scan('the same, one after the other', each => {
  if (each.family() !== 2) return false;
  const address = ipv4(each.word(1, 3));
  return naive.some(prefix => prefixContains(prefix, address));
});
rows.push({ what: 'compiled set / naive list', figure: `${(fast / slow).toFixed(0)}×`, target: '' });

const ten =
  'family=ipv4&proto=tcp&src=10.0.0.0/8&dst.not=192.168.0.0/16&dport=80,443,8000-8100&state=ESTABLISHED&mark=0x10/0xff&bytes>=1M&timeout<5m&status.all=assured,seen_reply';
const expression = printExpression(parseQuery(ten).filter);
for (const [what, run] of [
  ['parse a query string of ten terms', () => parseQuery(ten)],
  ['parse an expression of ten terms', () => parseExpression(expression)],
  ['parse and compile ten terms', () => query(ten)],
] as const) {
  const nanoseconds = await median(run);
  rows.push({
    what,
    figure: `${(nanoseconds / 1000).toFixed(1)} µs`,
    target: what.includes('compile') ? '' : '≤ 20 µs',
  });
}

const wide = Math.max(...rows.map(row => row.what.length));
for (const { what, figure, target } of rows) console.log(`${what.padEnd(wide)}  ${figure.padEnd(46)}  ${target}`);
