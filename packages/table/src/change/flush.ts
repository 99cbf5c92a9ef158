import { ALL, allOf, type Filter, type Test } from '@conntrack/filter';
import { callback, familyNumber, type OptionRules } from '@conntrack/flow';
import { type BulkResult, TableError, type TableFlushScope } from '@conntrack/flow/table';
import type { OperationOptions } from '@conntrack/netlink';
import { OPERATION_RULES } from '../option-rules.js';
import type { ChangeContext } from './change-context.js';
import { changeMany } from './change-many.js';
import type { SkipOption } from './change-options.js';

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
export function flushFilter(scope: TableFlushScope): Filter {
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

export const FLUSH_RULES: OptionRules<OperationOptions & SkipOption> = { ...OPERATION_RULES, skip: callback };

/** Empties the scope: by the source at once, or one by one where the table protects flows or the source is not proven to honour the scope's conditions. */
export async function flush(
  context: ChangeContext,
  scope: TableFlushScope,
  { signal, skip }: OperationOptions & SkipOption,
): Promise<BulkResult | undefined> {
  const { source, exclusions } = context;
  const filter = flushFilter(scope);
  if (exclusions.length === 0 && (await source.flushes?.(scope)) !== false) {
    await source.flush(scope, signal);
    return undefined;
  }
  const limits = { maxAffected: Number.MAX_SAFE_INTEGER, ...(signal && { signal }), ...(skip && { skip }) };
  return changeMany({ ...context, whole: true }, filter, 'delete', limits);
}
