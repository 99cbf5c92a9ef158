import { ALL, allOf, type Filter, type Test } from '@conntrack/filter';
import { familyNumber } from '@conntrack/flow';
import { TableError } from '../errors.js';
import type { FlushScope } from './bulk.js';

const FIELDS: ReadonlySet<string> = new Set(['family', 'zone', 'mark', 'markMask']);

const test = (field: Test['field'], value: Test['values'][number]): Filter => ({
  kind: 'test',
  field,
  op: 'eq',
  values: [value],
});

const refuse = (why: string): never => {
  throw new TableError('INVALID_CHANGE', `${why}; nothing was flushed`);
};

/**
 * The flows that a flush means, as a filter: to count them before, say.
 *
 * @throws TableError INVALID_CHANGE for a scope that is none: whatever it does not say would be emptied too.
 */
export function flushFilter(scope: FlushScope): Filter {
  const given = Object.entries(scope).filter(([, value]) => value !== undefined);
  if (scope.all === true) {
    if (given.length > 1) refuse('a flush of everything has no condition');
    return ALL;
  }
  const strange = given.find(([name]) => !FIELDS.has(name));
  if (strange !== undefined) refuse(`a table is not flushed by '${strange[0]}'`);
  if (given.length === 0) refuse('a flush of everything must say so: { all: true }');
  const { family, zone, mark, markMask } = scope;
  if (family !== undefined && family !== 'ipv4' && family !== 'ipv6') refuse(`there is no family '${String(family)}'`);
  if (markMask !== undefined && mark === undefined) refuse('a mark mask needs a mark');
  if (markMask === 0) refuse('a mark under a mask of 0 is every mark');
  return allOf([
    ...(family === undefined ? [] : [test('family', { type: 'number', value: familyNumber(family) })]),
    ...(zone === undefined ? [] : [test('zone', { type: 'number', value: zone })]),
    ...(mark === undefined ? [] : [test('mark', { type: 'masked', value: mark, mask: markMask ?? 0xffffffff })]),
  ]);
}
