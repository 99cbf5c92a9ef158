import { parseFilter } from '@conntrack/filter';
import { describe, expect, it } from 'vitest';
import type { GroupRow } from '../../src/top/data/snapshot.js';
import { rowAtCursor } from '../../src/top/model/state.js';
import { press } from '../../src/top/model/update.js';
import { flow, keys, rowOf, show, stateOf, type } from './flows.js';

const [one, two, three] = [1, 2, 3].map(n => rowOf(flow(n))) as [
  ReturnType<typeof rowOf>,
  ReturnType<typeof rowOf>,
  ReturnType<typeof rowOf>,
];
const group = (text: string, filter: string | undefined): GroupRow => ({
  kind: 'group',
  key: text,
  text,
  filter,
  isWhole: false,
  flows: 3,
  counted: 3,
  rated: 3,
  unreplied: 0,
  bytes: 10,
  packets: 1,
  rate: 5,
  packetRate: 1,
});

describe('the cursor', () => {
  it('stays on its flow when the order changes, and on its place when the flow has ended', () => {
    const state = stateOf();
    show(state, [one, two, three]);
    expect(state.cursor).toBeUndefined();
    keys(state, 'down', 'down');
    expect(rowAtCursor(state)).toBe(two);
    show(state, [two, three, one]);
    expect([rowAtCursor(state), state.place]).toEqual([two, 0]);
    show(state, [one, three]);
    expect([rowAtCursor(state), state.place]).toEqual([one, 0]);
    keys(state, 'home');
    expect(state.cursor).toBeUndefined();
  });

  it('works on no row while the rows of another view are still shown', () => {
    const state = stateOf();
    show(state, [one, two]);
    expect(keys(state, '2')).toEqual([{ do: 'refresh' }]);
    keys(state, 'down');
    expect(keys(state, 'enter', 'd')).toEqual([]);
    expect(state.mode.kind).toBe('browse');
  });
});

describe('a deletion', () => {
  it('is of the marked flows as they were when they were marked, after a question', () => {
    const state = stateOf();
    show(state, [one, two, three]);
    keys(state, 'space', 'space');
    expect([...state.marks.values()]).toEqual([one, two]);
    show(state, [three]);
    keys(state, 'd');
    expect(state.mode).toMatchObject({ kind: 'confirm', rows: [one, two], own: 0 });
    expect(keys(state, 'x', 'enter')).toEqual([]);
    expect(keys(state, 'y')).toEqual([{ do: 'delete', rows: [one, two] }]);
  });

  it('is of the flow under the cursor if none is marked', () => {
    const state = stateOf();
    show(state, [one, two]);
    expect(keys(state, 'd')).toEqual([]);
    expect(state.mode.kind).toBe('browse');
    keys(state, 'down', 'down');
    expect(keys(state, 'delete', 'y')).toEqual([{ do: 'delete', rows: [two] }]);
  });

  it('is of the flow whose fields are shown, also if it has left the list', () => {
    const state = stateOf();
    show(state, [one, two]);
    keys(state, 'down', 'enter');
    show(state, [two]);
    expect(keys(state, 'd', 'y')).toEqual([{ do: 'delete', rows: [one] }]);
  });

  it.each(['n', 'q', 'escape'])('is given up with %s', name => {
    const state = stateOf();
    show(state, [one]);
    expect(keys(state, 'down', 'd', name, 'y')).toEqual([]);
    expect(state.mode.kind).toBe('browse');
  });

  it('of the own SSH connection wants a second answer, a whole word', () => {
    const state = stateOf({ isOwn: it => it === one.flow });
    show(state, [one, two]);
    keys(state, 'space', 'space', 'd');
    expect(state.mode).toMatchObject({ own: 1 });
    expect(keys(state, 'y', 'y', 'enter')).toEqual([]);
    expect(state.mode.kind).toBe('browse');
    keys(state, 'd', 'y');
    expect(keys(state, 'y', 'e', 's', 'enter')).toEqual([{ do: 'delete', rows: [one, two] }]);
  });

  it('can leave out the own SSH connection', () => {
    const state = stateOf({ isOwn: it => it === one.flow });
    show(state, [one, two]);
    expect(keys(state, '*', 'd', 's')).toEqual([{ do: 'delete', rows: [two] }]);
  });

  it('is refused for groups, for flows without an id, and in a table that cannot be changed', () => {
    const groups = stateOf({ group: 'source' });
    show(groups, [group('10.0.0.1', 'src == 10.0.0.1')]);
    expect(keys(groups, 'down', 'space', '*', 'd', 'y')).toEqual([]);
    expect(groups.marks.size).toBe(0);
    const { id: _, ...nameless } = flow(1);
    const capture = stateOf();
    show(capture, [{ ...one, flow: nameless }]);
    expect(keys(capture, 'down', 'd', 'y')).toEqual([]);
    const readOnly = stateOf({ writable: false });
    show(readOnly, [one]);
    expect(keys(readOnly, 'down', 'd')).toEqual([]);
    expect(readOnly.message?.text).toBe('kernel is read-only');
  });

  it('that is running is not ended by q, and no other is begun', () => {
    const state = stateOf();
    show(state, [one]);
    state.deletion = { done: 0, total: 5 };
    expect(keys(state, 'q', 'down', 'd', 'y')).toEqual([]);
    expect(keys(state, 'ctrl-c')).toEqual([{ do: 'quit', interrupted: true }]);
  });

  it('is never answered by pasted text', () => {
    const state = stateOf();
    show(state, [one]);
    keys(state, 'down', 'd');
    expect(press(state, { pasted: 'y' })).toEqual([]);
    expect(state.mode.kind).toBe('confirm');
  });
});

describe('views and orders', () => {
  it('a key chooses an order, the same key of another view is explained', () => {
    const state = stateOf();
    show(state, [one]);
    expect(keys(state, 'b')).toEqual([{ do: 'refresh' }]);
    expect(state.sorts.flows).toBe('bytes');
    expect(keys(state, 'b')).toEqual([]);
    expect(keys(state, 'u')).toEqual([]);
    expect(state.message?.text).toBe('only groups have this order');
    keys(state, 'i');
    expect(state.reversed).toBe(true);
  });

  it('an order that the table cannot make is refused with the reason, and replaced in a new view', () => {
    const state = stateOf({
      cannotSort: ({ group: of, sort }) =>
        of !== undefined && sort !== 'flows' ? 'the server ranks flows only' : undefined,
    });
    show(state, [one]);
    keys(state, '2');
    expect(state.sorts).toEqual({ flows: 'rate', groups: 'flows' });
    expect(keys(state, 'b')).toEqual([]);
    expect(state.message?.text).toBe('the server ranks flows only');
    // The arrows skip it.
    expect(keys(state, 'right')).toEqual([]);
  });

  it('without accounting, flows are ordered by their expiry, and groups by their number', () => {
    expect(stateOf({ accounting: false }).sorts).toEqual({ flows: 'expires', groups: 'flows' });
  });

  it('Enter narrows the filter to a group, and Escape leads back to it', () => {
    const filter = parseFilter('proto == tcp').filter;
    const state = stateOf({ group: 'source', applied: { text: 'proto == tcp', filter } });
    show(state, [group('10.0.0.1', 'src == 10.0.0.1')]);
    expect(keys(state, 'down', 'enter')).toEqual([{ do: 'refresh' }]);
    expect([state.group, state.applied.text]).toEqual([undefined, 'proto == tcp and src == 10.0.0.1']);
    expect(keys(state, 'escape')).toEqual([{ do: 'refresh' }]);
    expect([state.group, state.applied.text]).toEqual(['source', 'proto == tcp']);
  });
});

describe('the filter line', () => {
  const filterMode = (state: ReturnType<typeof stateOf>) => {
    if (state.mode.kind !== 'filter') throw new Error('no filter line is open');
    return state.mode;
  };

  it('offers fields and values, and Tab goes through them', () => {
    const state = stateOf();
    keys(state, '/');
    expect(filterMode(state).offer.items.map(({ text }) => text)).toContain('proto=');
    type(state, 'proto=tc');
    expect(filterMode(state).offer.items.map(({ text }) => text)).toEqual(['tcp']);
    keys(state, 'tab');
    type(state, ' sta');
    keys(state, 'tab');
    expect(filterMode(state).text).toMatch(/^proto=tcp sta\w+=?$/);
    const first = filterMode(state).text;
    keys(state, 'tab');
    expect(filterMode(state).text).not.toBe(first);
    keys(state, 'backtab');
    expect(filterMode(state).text).toBe(first);
  });

  it('says what is wrong, and applies only what it understands', () => {
    const state = stateOf();
    keys(state, '/');
    type(state, 'dprot=443');
    expect(filterMode(state).issue).toMatch(/unknown field 'dprot'/);
    expect(keys(state, 'enter')).toEqual([]);
    expect(state.applied.text).toBe('');
    keys(state, 'ctrl-u');
    type(state, 'dport=443 proto=tcp');
    expect(keys(state, 'enter')).toEqual([{ do: 'refresh' }]);
    expect(state.applied.text).toBe('dport=443 proto=tcp');
    keys(state, '/');
    expect(filterMode(state).text).toBe('dport=443 proto=tcp');
    expect(keys(state, 'ctrl-w', 'ctrl-w', 'enter')).toEqual([{ do: 'refresh' }]);
    expect(state.applied).toMatchObject({ text: '', filter: { kind: 'all' } });
  });

  it('keeps the filter in force if it is left, and remembers earlier filters', () => {
    const state = stateOf();
    for (const text of ['proto=udp', 'dport=53']) {
      keys(state, '/', 'ctrl-u');
      type(state, text);
      keys(state, 'enter');
    }
    keys(state, '/', 'x', 'escape');
    expect(state.applied.text).toBe('dport=53');
    keys(state, '/', 'up', 'up');
    expect(filterMode(state).text).toBe('proto=udp');
  });

  it('edits at its text cursor', () => {
    const state = stateOf();
    keys(state, '/');
    type(state, 'sport=1');
    keys(state, 'home', 'delete', 'd', 'end', 'left', 'backspace', '=');
    expect(filterMode(state)).toMatchObject({ text: 'dport=1', at: 6 });
  });
});

it('pause stops refreshes, and going on asks for one', () => {
  const state = stateOf();
  expect(keys(state, 'p')).toEqual([]);
  expect(state.paused).toBe(true);
  expect(keys(state, 'p')).toEqual([{ do: 'refresh' }]);
});

it('a key without a meaning is answered with a hint', () => {
  const state = stateOf();
  expect(keys(state, 'z')).toEqual([]);
  expect(state.message?.text).toContain("'z'");
});
