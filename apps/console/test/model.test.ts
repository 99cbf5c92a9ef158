import { execFileSync, spawnSync } from 'node:child_process';
import type { Flow } from '@conntrack/client';
import { findField } from '@conntrack/filter';
import { expect, it, vi } from 'vitest';
import { accept, CLOSED, move, openList } from '../src/model/completion-list.js';
import { conntrackCommand } from '../src/model/conntrack-command.js';
import { filterOf, termOf, termsOf, termText, withoutTerm, withTerm } from '../src/model/filter-edit.js';
import { natOf, tupleFilter } from '../src/model/flow-facts.js';
import { askedOf, DEFAULT_GROUPS, flowsModel, HOST_GROUPS, MOST_ROWS, PRESETS, WINDOW } from '../src/model/flows.js';
import { bytesText, endText, shellWord, spanText } from '../src/model/format.js';
import { heightOf, MOST_PIXELS, positionOf, reveal, scrollOf } from '../src/model/geometry.js';
import { poll } from '../src/model/poll.js';
import { DEFAULT_VIEW, parseView, printView, type View } from '../src/model/view.js';

const view = (more: Partial<View>): View => ({ ...DEFAULT_VIEW, ...more });
const flow = (id: number, bytes: number): Flow => ({
  key: `ct1.${id}`,
  family: 'ipv4' as const,
  protocol: 'tcp',
  protonum: 6,
  original: { src: '10.0.0.1', dst: '192.0.2.1', sport: id, dport: 443, bytes },
  reply: { src: '192.0.2.1', dst: '203.0.113.7', sport: 443, dport: 40_000 + id, bytes: bytes * 2 },
});

it('every view is a URL: what is printed is read back', () => {
  const views = [
    view({}),
    view({ filter: 'proto=tcp&dport=443,80&src=2001:db8::/32', sort: '-bytes' }),
    view({ filter: 'proto == tcp and not dport in {80, 443} # ? % + &', page: 'events', netns: 'blue' }),
    view({ page: 'host', host: '2001:db8::1', metric: 'bytes' }),
    view({ columns: ['proto', 'zone'], groups: ['src,dst', 'src/24'], metric: 'packets' }),
  ];
  for (const each of views) expect(parseView(printView(each))).toEqual(each);
});

it('a URL with unknown or missing parts shows the flows', () => {
  for (const hash of ['', '#', '#/', '#/nowhere?x=1', '#/host', '#/host?host='])
    expect(parseView(hash)).toEqual(view({}));
});

it('presets, groups and the host filter are valid filters and fields', () => {
  for (const { term } of PRESETS) expect(filterOf(term), term).toBeDefined();
  for (const by of [...DEFAULT_GROUPS, ...HOST_GROUPS]) expect(findField(by), by).toBeDefined();
});

it('a click on a value adds a term, once, in the syntax of the text', () => {
  expect(withTerm('', termOf('dport', 443, false))).toBe('dport=443');
  expect(withTerm('proto=tcp', termOf('src', '2001:db8::1', false))).toBe('proto=tcp&src=2001:db8::1');
  expect(withTerm('proto=tcp', termOf('dport', 443, true))).toBe('proto=tcp&dport.not=443');
  expect(withTerm('proto == tcp', termOf('dport', 443, false))).toBe('proto == tcp and dport == 443');
  expect(withTerm('proto=tcp', 'proto=tcp')).toBe('proto=tcp');
  expect(filterOf(withTerm('proto == tcp or proto == udp', 'dport=53'))).toEqual(
    filterOf('(proto == tcp or proto == udp) and dport == 53'),
  );
});

it('a chip removes its term and no other', () => {
  expect(termsOf('proto=tcp&dport=443').map(termText)).toEqual(['proto=tcp', 'dport=443']);
  expect(withoutTerm('proto=tcp&dport=443', 0)).toBe('dport=443');
  expect(withoutTerm('dport=443', 0)).toBe('');
});

it('a completion replaces the word at the caret and keeps the text after it', () => {
  const text = 'proto=tcp&sta=ESTABLISHED';
  const list = openList('proto=tcp&stat', 14);
  expect(list.items.map(item => item.text)).toContain('state=');
  const item = list.items.find(one => one.text === 'state=')!;
  expect(accept('proto=tcp&stat', list, item)).toEqual({ text: 'proto=tcp&state=', caret: 16 });
  expect(accept(text, { from: 6, to: 9, items: [], chosen: -1 }, { text: 'udp', kind: 'value' }).text).toBe(
    'proto=udp&sta=ESTABLISHED',
  );
});

it('keys select completions in a circle, and nothing is selected at first', () => {
  const list = openList('proto=t', 7);
  expect(list.chosen).toBe(-1);
  expect(move(list, 1).chosen).toBe(0);
  expect(move(list, -1).chosen).toBe(list.items.length - 1);
  expect(move(move(list, -1), 1).chosen).toBe(0);
  expect(move(CLOSED, 1)).toBe(CLOSED);
});

it('one request has everything that a view shows, and asks only for what the source records', () => {
  const all = askedOf(view({ filter: 'proto=tcp', metric: 'bytes' }), 200, {
    accounting: true,
    timestamps: true,
    indexed: false,
    rates: false,
  });
  expect(all).toMatchObject({ filter: 'proto=tcp', options: { limit: 200, sort: '-bytes' } });
  expect(all.options.groups!.map(({ by }) => by)).toEqual([...DEFAULT_GROUPS, 'proto']);
  expect(Object.keys(all.options.counts!)).toEqual(PRESETS.map(({ name }) => name));
  const cheap = askedOf(view({}), 200, { accounting: true, timestamps: true, indexed: true, rates: true });
  expect(Object.keys(cheap.options.counts!)).not.toContain('offloaded');
  expect(cheap.options.reads).toEqual(['rate']);
  const plain = askedOf(view({ metric: 'bytes' }), 200, {
    accounting: false,
    timestamps: false,
    indexed: false,
    rates: false,
  });
  expect(plain.options.sort).toBeUndefined();
  expect(JSON.stringify(plain)).not.toMatch(/bytes|age/);
  expect(
    askedOf(view({ page: 'host', host: '10.0.0.1', filter: 'proto=tcp' }), 1, {
      accounting: true,
      timestamps: true,
      indexed: false,
      rates: false,
    }).filter,
  ).toBe('addr=10.0.0.1');
});

it('rates are bytes a second between two answers, and unknown for a flow that is new', () => {
  const model = flowsModel();
  const answer = (items: Flow[], time: string) =>
    model.take({ items, groups: [], counts: {}, meta: { scanned: 2, matched: 2, more: 0, filter: '', time } }, 1);
  answer([flow(1, 1000)], '2026-01-01T00:00:00.000Z');
  expect(model.rates.value.size).toBe(0);
  answer([flow(1, 3000), flow(2, 500)], '2026-01-01T00:00:02.000Z');
  expect(model.rates.value.get('ct1.1')).toEqual({ up: 1000, down: 2000 });
  expect(model.rates.value.get('ct1.2')).toBeUndefined();
  expect(model.total.value).toEqual({ up: 1000, down: 2000 });
  // An index knows better.
  answer([{ ...flow(2, 500), rate: { original: 7, reply: 8 } }], '2026-01-01T00:00:04.000Z');
  expect([...model.rates.value]).toEqual([['ct1.2', { up: 7, down: 8 }]]);
});

const overview = (items: Flow[], meta: object) => ({
  items,
  groups: [],
  counts: {},
  meta: { scanned: 0, matched: 0, more: 0, filter: '', time: '2026-01-01T00:00:00.000Z', ...meta },
});

it('without an index, a list grows to at most ten thousand flows', () => {
  const model = flowsModel();
  for (let i = 0; i < 9; i++) {
    const items = Array.from({ length: model.limit.value }, (_, n) => flow(n, 0));
    model.take(overview(items, { matched: 50_000, more: 50_000 - items.length }), 1);
    model.reach(model.rows.value - 5, model.rows.value);
  }
  expect([model.limit.value, model.rows.value, model.offset.value]).toEqual([MOST_ROWS, MOST_ROWS, 0]);
});

it('with an index, a list has all rows, and requests the window around the visible ones', () => {
  const model = flowsModel();
  const index = { state: 'live' as const, asOf: '2026-01-01T00:00:00.000Z', gaps: 0 };
  const items = Array.from({ length: 200 }, (_, n) => flow(n, 0));
  model.take(overview(items, { matched: 1_000_000, more: 999_800, index }), 1);
  expect([model.rows.value, model.limit.value]).toEqual([1_000_000, WINDOW]);
  model.reach(0, 40);
  expect(model.offset.value).toBe(0);
  model.reach(500_000, 500_040);
  expect(model.offset.value).toBe(500_020 - WINDOW / 2);
  model.takeRows(items, model.offset.value);
  expect(model.row(0)).toBeUndefined();
  expect(model.row(500_020 - WINDOW / 2)).toBe(items[0]);
  model.reach(999_990, 1_000_008);
  expect(model.offset.value + WINDOW).toBeGreaterThanOrEqual(1_000_000);
  // A server whose index is lost has no windows.
  model.reset();
  expect([model.offset.value, model.windowed.value]).toEqual([0, false]);
});

it('the translation of a flow comes from its two tuples', () => {
  expect(natOf(flow(5, 0))).toEqual({ source: { address: '203.0.113.7', port: 40_005 } });
  expect(natOf({ ...flow(5, 0), reply: { src: '192.0.2.9', dst: '10.0.0.1', sport: 8443, dport: 5 } })).toEqual({
    destination: { address: '192.0.2.9', port: 8443 },
  });
  expect(filterOf(tupleFilter(flow(5, 0)))).toBeDefined();
});

it('numbers are short', () => {
  expect([0, 999, 1000, 999_499, 999_950, 4.1e9].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '999 kB',
    '1.0 MB',
    '4.1 GB',
  ]);
  expect([0, 119, 120, 7860, 431_999].map(spanText)).toEqual(['0 s', '119 s', '2m 0s', '2h 11m', '4d 23h']);
  expect([endText('10.0.0.1', 80), endText('2001:db8::1', 80), endText('2001:db8::1', undefined)]).toEqual([
    '10.0.0.1:80',
    '[2001:db8::1]:80',
    '2001:db8::1',
  ]);
});

it('a poll waits at least five times as long as a round took, and skips rounds while nobody looks', async () => {
  vi.useFakeTimers();
  let rounds = 0;
  let idle = false;
  const run = async (): Promise<void> => {
    rounds++;
    await new Promise(resolve => setTimeout(resolve, 1000));
  };
  const made = poll({ run, least: 2000, idle: () => idle });
  await vi.advanceTimersByTimeAsync(1500);
  expect([rounds, Math.round(made.interval())]).toEqual([1, 5000]);
  await vi.advanceTimersByTimeAsync(4000);
  expect(rounds).toBe(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(rounds).toBe(2);
  idle = true;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(rounds).toBe(2);
  made.stop();
  vi.useRealTimers();
});

it('a copied command passes a filter to the shell as one word, whatever it contains', () => {
  for (const text of ["helper='; touch /tmp/x; '", '$(id) `id` "x" \\', 'a&b|c > d'])
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`]).toString()).toBe(text);
});

it('a filter becomes options of conntrack(8), which accepts them', () => {
  const commands = [
    ['', 'conntrack -L'],
    ['state=ESTABLISHED&proto=tcp&src=10.0.0.0/8', 'conntrack -L -p tcp -s 10.0.0.0/8 --state ESTABLISHED'],
    ['family=ipv6&dport=53&proto=udp&mark=0x10/0xff', 'conntrack -L -f ipv6 -p udp -m 0x10/0xff --dport 53'],
    ['reply.dst=203.0.113.7&zone=3&unreplied', 'conntrack -L -q 203.0.113.7 -w 3 -u UNREPLIED'],
  ] as const;
  for (const [filter, command] of commands) {
    expect(conntrackCommand(filter)).toEqual({ command });
    const { status, stderr, error } = spawnSync('unshare', ['-n', ...command.split(' ')], { encoding: 'utf8' });
    if (error === undefined && !/unshare|No such file/.test(stderr)) expect([status, command]).toEqual([0, command]);
  }
  for (const [filter, why] of [
    ['bytes.gt=1M', 'bytes.gt=1M'],
    ['dport=80,443&proto=tcp', 'dport=80,443'],
    ['proto == tcp or proto == udp', 'no option'],
    ['dport=53', 'needs a protocol'],
    ['src == 10.0.0.1 and src == 10.0.0.2', 'takes each option once'],
  ] as const)
    expect(conntrackCommand(filter)).toMatchObject({ why: expect.stringContaining(why) });
});

it('a list that is taller than a browser draws is scrolled in scale, from its first to its last row', () => {
  const list = { rows: 3_000_000, rowHeight: 28, view: 600 };
  expect(heightOf(list)).toBe(MOST_PIXELS);
  expect(positionOf(list, 0)).toBe(0);
  expect(positionOf(list, MOST_PIXELS - 600)).toBe(3_000_000 * 28 - 600);
  for (const position of [0, 28, 41_999_999]) expect(positionOf(list, scrollOf(list, position))).toBeCloseTo(position);
  const short = { rows: 10, rowHeight: 28, view: 600 };
  expect([heightOf(short), positionOf(short, 7)]).toEqual([280, 7]);
  // The row below the visible part comes to its lower edge, the one above to its upper edge.
  expect(reveal(list, 0, 30, 28)).toBe(31 * 28 + 28 - 600);
  expect(reveal(list, 1000, 3, 28)).toBe(84);
  expect(reveal(list, 84, 5, 28)).toBe(84);
});
