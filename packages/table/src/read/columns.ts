import { findField } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { type Column, findColumn, setAt, valueAt } from '@conntrack/flow/columns';

/** Finds a column by a filter field's name or alias, or by its path in the JSON (`original.src`). */
export const columnOf = (name: string): Column | undefined =>
  findColumn(name) ?? findColumn(findField(name)?.name ?? '');

/** Returns a copy of a flow with only these fields, at their usual places in a `Flow`. */
export function project(flow: Flow, columns: readonly Column[]): Partial<Flow> {
  const result: Record<string, unknown> = {};
  for (const place of columns.flatMap(({ places }) => places)) {
    const value = valueAt(flow, place);
    // An object is copied, because a later field may be set inside it.
    if (value !== undefined) setAt(result, place, isPlain(value) ? { ...value } : value);
  }
  return result as Partial<Flow>;
}

const isPlain = (value: unknown): value is object => typeof value === 'object' && !Array.isArray(value);
