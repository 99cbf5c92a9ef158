import type { Flow } from '@conntrack/flow';
import { expect, it } from 'vitest';
import { parseExpression, parseQuery } from '../../src/index.js';
import { flowMatcher } from '../../src/match.js';
import { cursorOf } from './flows.js';

const flowOf = (members: Partial<Flow>): Flow => cursorOf(members).flow();

it('a matcher filters an array of flows, each by its own values', () => {
  const flows = [1, 2, 3, 2].map(mark => flowOf({ mark, state: mark === 1 ? 'TIME_WAIT' : 'ESTABLISHED' }));
  expect(flows.filter(flowMatcher(parseQuery('mark=2').filter))).toEqual([flows[1], flows[3]]);
  expect(flows.filter(flowMatcher(parseQuery('state!=TIME_WAIT&mark>2').filter))).toEqual([flows[2]]);
});

it('a field that a flow does not have matches nothing but its absence', () => {
  const [unknown] = [flowOf({})];
  expect(flowMatcher(parseQuery('mark<10').filter)(unknown!)).toBe(false);
  expect(flowMatcher(parseQuery('mark.exists=false').filter)(unknown!)).toBe(true);
});

it('the clock of a matcher can be given', () => {
  const old = flowOf({ start: '2026-01-01T00:00:00.000000000Z' });
  const { filter } = parseExpression('age > 1h');
  expect(flowMatcher(filter, { now: () => Date.parse('2026-01-01T02:00:00Z') })(old)).toBe(true);
  expect(flowMatcher(filter, { now: () => Date.parse('2026-01-01T00:30:00Z') })(old)).toBe(false);
});
