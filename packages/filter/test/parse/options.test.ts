import * as main from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { complete } from '@conntrack/filter/complete';
import { compileForEvents } from '@conntrack/filter/events';
import * as hints from '@conntrack/filter/hints';
import { flowMatcher } from '@conntrack/filter/match';
import { OptionsError } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';

const { filter } = main.parseFilter('proto=tcp');

/** Every public function with options: a call with these options, a misspelled option and the correct one. */
const CALLS: [name: string, call: (options: never) => unknown, wrong: string, right: string][] = [
  ['parseQuery', options => main.parseQuery('proto=tcp', options), 'parms', 'params'],
  ['parseExpression', options => main.parseExpression('proto == tcp', options), 'purpse', 'purpose'],
  ['parseFilter of a query', options => main.parseFilter('proto=tcp', options), 'limts', 'limits'],
  ['parseFilter of an expression', options => main.parseFilter('proto == tcp', options), 'limts', 'limits'],
  ['parseQuery with hints', options => hints.parseQuery('proto=tcp', options), 'parms', 'params'],
  ['parseExpression with hints', options => hints.parseExpression('proto == tcp', options), 'purpse', 'purpose'],
  ['parseFilter with hints', options => hints.parseFilter('proto=tcp', options), 'lables', 'labels'],
  ['flowMatcher', options => flowMatcher(filter, options), 'lables', 'labels'],
  ['compileFilter', options => compileFilter(filter, options), 'lables', 'labels'],
  ['compileForEvents', options => compileForEvents(main.ALL, options), 'lables', 'labels'],
  ['complete', options => complete('pro', 3, options), 'sytax', 'syntax'],
];

describe('an option that does not exist', () => {
  it.each(CALLS)('%s refuses an unknown option, and names the nearest one', (_, call, wrong, right) => {
    expect(() => call({ mach: 1 } as never)).toThrow(OptionsError);
    expect(() => call({ [wrong]: 1 } as never)).toThrow(`: unknown key '${wrong}'. Did you mean '${right}'?`);
    expect(() => call({ [right]: undefined } as never)).not.toThrow();
  });

  it('parseFilter refuses options about keys of a query string, because it would drop the keys', () => {
    expect(() => main.parseFilter('limit=1', { params: ['limit'] } as never)).toThrow("unknown key 'params'");
  });

  it('an unknown purpose or limit is refused as well', () => {
    expect(() => main.parseQuery('src=10.0.0.1/8', { purpose: 'chnage' as never })).toThrow(
      "parseQuery: purpose must be 'read' or 'change', got 'chnage'",
    );
    expect(() => main.parseQuery('', { limits: { value: 1 } as never })).toThrow("Did you mean 'values'?");
  });
});

it('a query string may have the ? of location.search in front, and places count from it', () => {
  expect(main.parseQuery('?proto=tcp&dport=80')).toEqual(main.parseQuery('proto=tcp&dport=80'));
  expect(main.parseQuery('?').filter).toEqual({ kind: 'all' });
  expect(main.parseQuery('?mark=%31').filter).toEqual(main.parseQuery('mark=1').filter);
  for (const [text, offset] of [
    ['?dprot=1', 1],
    ['?proto=tcp&dprot=1', 11],
    ['??proto=tcp', 1],
  ] as const)
    try {
      main.parseQuery(text);
      expect.unreachable(text);
    } catch (error) {
      expect((error as main.FilterError).issues[0]).toMatchObject({ offset });
    }
});
