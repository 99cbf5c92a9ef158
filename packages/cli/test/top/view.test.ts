import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupRow, SortKey } from '../../src/top/data/snapshot.js';
import { resize } from '../../src/top/model/update.js';
import { FrameWriter } from '../../src/top/terminal/frame.js';
import { FLOW_COLUMNS, FLOW_ORDER, place } from '../../src/top/view/columns.js';
import { layout } from '../../src/top/view/layout.js';
import { clipMiddle, lengthOf, span, write } from '../../src/top/view/text.js';
import { count, short } from '../../src/top/view/units.js';
import { flow, keys, rowOf, show, stateOf, type } from './flows.js';

const moment = { unix: Date.parse('2026-01-02T03:04:05Z'), clock: '03:04:05' };
const look = { colors: false, unicode: true };
const screen = (state: ReturnType<typeof stateOf>): string[] =>
  layout(state, moment).lines.map(line =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );

describe('numbers', () => {
  it.each([
    [-1, '–'],
    [0, '0'],
    [0.25, '<1'],
    [14.9, '14'],
    [9999, '9999'],
    [10_000, '10.0K'],
    [123_456_789, '123M'],
    [9e15, '9.00P'],
  ])('%d is %s', (value, text) => expect(short(value)).toBe(text));

  it('a number takes at most five signs, up to a thousand peta', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 9.9e17, noNaN: true }), value => short(value).length <= 5));
  });

  it.each([
    [-1, '–'],
    [999, '999'],
    [1_234_567, '1,234,567'],
  ])('%d is counted as %s', (value, text) => expect(count(value)).toBe(text));
});

describe('columns', () => {
  const titles = (width: number, sort: SortKey): string[] =>
    place(FLOW_COLUMNS, FLOW_ORDER, sort, width).map(({ column }) => column.title);

  it('that matter most come first, and the one of the order is always there', () => {
    expect(titles(78, 'rate')).toEqual(['PROTO', 'STATE', 'SOURCE', 'DESTINATION', 'RATE/S', 'BYTES']);
    expect(titles(78, 'age')).toContain('AGE');
    expect(titles(200, 'rate')).toEqual(FLOW_ORDER);
    expect(titles(18, 'rate')).toEqual(['SOURCE']);
  });

  it('never take more than the width', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), width => {
        const placed = place(FLOW_COLUMNS, FLOW_ORDER, 'rate', width);
        const taken = placed.reduce((sum, each) => sum + each.width, placed.length - 1);
        expect(taken).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('a long address keeps both ends', () => {
    expect(clipMiddle('[2001:db8:1234:5678::9abc]:443', 21)).toBe('[2001:db8:…:9abc]:443');
    expect(clipMiddle('192.0.2.1:443', 21)).toBe('192.0.2.1:443');
  });
});

describe('the screen', () => {
  const flows = [rowOf(flow(1, { bytes: 5 })), rowOf(flow(2, { state: 'SYN_SENT' }))];

  it('80×24 has header, titles, rows and keys', () => {
    const state = stateOf({ isOwn: it => it.id === 2 });
    state.gauge = { count: 200_123, max: 262_144, fresh: 1234.2, ended: 0, atLeast: false, losses: [] };
    show(state, flows);
    keys(state, 'space');
    const lines = screen(state);
    expect(lines).toHaveLength(24);
    expect(lines.slice(0, 7)).toEqual([
      'ctctl top kernel                                              every 2 s 03:04:05',
      'entries 200,123 of 262,144 █████████░░░ 76%  new 1,234/s  ended 0/s',
      ' 1 flows  2 source  3 destination  4 port  5 pair  6 prefix  7 state',
      'no filter                                                       1 marked 2 flows',
      '  PROTO STATE       SOURCE                 DESTINATION            RATE/S▼  BYTES',
      '● tcp   ESTABLISHED 10.0.0.1:1001          192.0.2.1:443                5     10',
      ' @tcp   SYN_SENT    10.0.0.2:1002          192.0.2.1:443                5     10',
    ]);
    expect(lines[23]).toContain('? help');
  });

  it('what is unknown is never shown as 0', () => {
    const state = stateOf();
    state.gauge = { count: 5, atLeast: false, losses: [], why: 'no events' };
    show(state, [{ ...rowOf(flow(1)), rate: -1, bytes: -1 }]);
    const lines = screen(state);
    expect(lines[1]).toBe('entries 5  new unknown  ended unknown');
    expect(lines[5]).toMatch(/192\.0\.2\.1:443 +– +–$/);
    keys(state, '?');
    expect(screen(state).join('\n')).toContain('new and ended are unknown: no events');
  });

  it('lost events and sums of a part are minimums', () => {
    const state = stateOf({ group: 'source' });
    state.gauge = { count: 5, fresh: 10, ended: 7, atLeast: true, losses: [{ what: 'dropped', rate: 3 }] };
    const row: GroupRow = {
      kind: 'group',
      key: 'a',
      text: '10.0.0.1',
      filter: undefined,
      isWhole: false,
      flows: 9,
      counted: 4,
      rated: 0,
      unreplied: 9,
      bytes: 1000,
      packets: 5,
      rate: -1,
      packetRate: -1,
    };
    show(state, [row]);
    const lines = screen(state);
    expect(lines[1]).toBe('entries 5  new ≥10/s  ended ≥7/s');
    expect(lines[4]).toBe('the tracker loses packets or flows: dropped 3/s');
    expect(lines[6]).toMatch(/10\.0\.0\.1 +9 +– +9 +≥1000 +– +≥5$/);
  });

  it('a table that is nearly full is never called full', () => {
    const state = stateOf();
    state.gauge = { count: 9999, max: 10_000, atLeast: false, losses: [] };
    expect(screen(state)[1]).toContain(' 99% ');
  });

  it('a failure is shown, and the last rows stay', () => {
    const state = stateOf();
    show(state, flows);
    state.failure = 'the server is busy';
    expect(screen(state)[4]).toBe('the server is busy');
    expect(screen(state).join('\n')).toContain('10.0.0.1:1001');
  });

  it('the cursor stays visible', () => {
    const state = stateOf();
    show(
      state,
      Array.from({ length: 100 }, (_, n) => rowOf(flow(n))),
    );
    for (let i = 0; i < 40; i++) {
      keys(state, 'down');
      state.offset = layout(state, moment).offset;
      const styled = layout(state, moment).lines.filter(line => line.some(({ styles }) => styles?.includes('inverse')));
      expect(styled.some(line => line.some(({ text }) => text.includes(`10.0.0.${i}:`)))).toBe(true);
    }
    keys(state, 'home');
    expect(layout(state, moment).offset).toBe(0);
  });

  it('a text that is longer than the screen scrolls to its end, and no further', () => {
    const state = stateOf({ lines: 8 });
    keys(state, '?');
    const texts = Array.from({ length: 40 }, () => {
      const { lines, textOffset } = layout(state, moment);
      if (state.mode.kind === 'help') state.mode.offset = textOffset!;
      keys(state, 'down');
      return lines[6]!.map(({ text }) => text).join('');
    });
    expect(new Set(texts.slice(-5)).size).toBe(1);
    expect(texts.at(-1)).toContain('unknown');
    keys(state, 'up', 'up');
    expect(
      layout(state, moment)
        .lines[6]!.map(({ text }) => text)
        .join(''),
    ).not.toBe(texts.at(-1));
  });

  it('every size has exactly its lines and columns, in every mode', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 220 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom([], ['?'], ['down', 'enter'], ['/'], ['*', 'd'], ['*', 'd', 'y'], ['2'], ['z']),
        (columns, height, pressed) => {
          const state = stateOf({ isOwn: ({ id }) => id === 1 });
          state.gauge = { count: 200_123, max: 262_144, fresh: 1, ended: 1, atLeast: true, losses: [] };
          show(state, flows);
          keys(state, ...pressed);
          if (pressed[0] === '/') type(state, 'proto=tc dprot=1');
          resize(state, columns, height);
          const { lines } = layout(state, moment);
          expect(lines).toHaveLength(height);
          expect(lines.map(lengthOf)).toEqual(lines.map(() => columns));
        },
      ),
    );
  });

  it('control characters of a table do not reach the terminal', () => {
    const state = stateOf();
    show(state, [rowOf(flow(1, { helper: '\x1b[2J\x07' }))]);
    keys(state, 'down', 'enter');
    expect(
      layout(state, moment)
        .lines.map(line => write(line, look))
        .join(''),
    ).not.toMatch(/\x1b\[2J|\x07/);
  });
});

describe('frames', () => {
  it('have only the lines that changed', () => {
    const frames = new FrameWriter();
    expect(frames.part(['one', 'two  '])).toBe('\x1b[?2026h\x1b[1;1Hone\x1b[2;1Htwo\x1b[K\x1b[?2026l');
    expect(frames.part(['one', 'two  '])).toBe('');
    expect(frames.part(['one', 'three'])).toBe('\x1b[?2026h\x1b[2;1Hthree\x1b[?2026l');
    frames.forget();
    expect(frames.part(['one', 'three'])).toContain('one');
  });

  it('come in parts, and every line has its turn while others change all the time', () => {
    const frames = new FrameWriter();
    const seen = new Set<number>();
    for (let round = 0; round < 5; round++) {
      const lines = Array.from({ length: 10 }, (_, i) => `${i} ${round} ${'x'.repeat(400)}`);
      const part = frames.part(lines);
      expect(part.length).toBeLessThan(2000);
      for (const [, line] of part.matchAll(/\x1b\[(\d+);1H/g)) seen.add(Number(line));
    }
    expect(seen.size).toBe(10);
  });

  it('are without colors and Unicode where the terminal has none', () => {
    const line = [span('→ ', 'red', 'bold'), span('▼')];
    expect(write(line, { colors: true, unicode: true })).toBe('\x1b[31;1m→ \x1b[m▼');
    expect(write(line, { colors: false, unicode: false })).toBe('\x1b[1m> \x1b[mv');
    const strange = [span('Übersicht 表\u0301\x9b\ud83d\ude00')];
    expect(write(strange, { colors: true, unicode: true })).toBe('Übersicht ?????');
    expect(write(strange, { colors: true, unicode: false })).toBe('?bersicht ?????');
  });
});
