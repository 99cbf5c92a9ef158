import { ALL, allOf, type Filter, type Test } from '@conntrack/filter';
import { callback, type OptionRules } from '@conntrack/flow/checks';
import { familyNumber } from '@conntrack/flow/codec';
import { type BulkResult, checkFlushScope, type TableFlushScope } from '@conntrack/flow/table';
import type { OperationOptions } from '@conntrack/netlink';
import { OPERATION_RULES } from '../option-rules.js';
import type { ChangeContext } from './change-context.js';
import { changeMany } from './change-many.js';
import type { SkipOption } from './change-options.js';

const test = (field: Test['field'], value: Test['values'][number]): Filter => ({
  kind: 'test',
  field,
  op: 'eq',
  values: [value],
});

/**
 * Returns the flows that a flush deletes, as a filter. It can be used to count them before.
 *
 * @throws TableError INVALID_CHANGE for a scope that selects nothing, because such a flush would empty the table
 */
export function flushFilter(scope: TableFlushScope): Filter {
  checkFlushScope(scope);
  if (scope.all === true) return ALL;
  const { family, zone, mark, markMask } = scope;
  return allOf([
    ...(family === undefined ? [] : [test('family', { type: 'number', value: familyNumber(family) })]),
    ...(zone === undefined ? [] : [test('zone', { type: 'number', value: zone })]),
    ...(mark === undefined ? [] : [test('mark', { type: 'masked', value: mark, mask: markMask ?? 0xffffffff })]),
  ]);
}

export const FLUSH_RULES: OptionRules<OperationOptions & SkipOption> = { ...OPERATION_RULES, skip: callback };

/**
 * Deletes the entries in the scope: all at once by the source, or one by one if the table protects flows or if the source is not proven to
 * apply the scope's conditions.
 */
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
