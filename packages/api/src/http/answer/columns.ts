import { findField } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { COLUMNS, type Column, findColumn, setAt, valueAt } from '@conntrack/flow/columns';
import { type Parameter, ParameterFault } from '../query/parameters.js';

export type { Column } from '@conntrack/flow/columns';

/** Finds a column by a filter field's name or alias, or by its path in the JSON. */
const columnOf = (name: string): Column | undefined => findColumn(name) ?? findColumn(findField(name)?.name ?? '');

/** The query parameter `fields=src,dport,state`. */
export const fieldsParameter: Parameter<readonly Column[]> = {
  description:
    'Only these fields of each flow, by the filter’s names (`src,dport,state`) or their path in the JSON (`original.src`)',
  schema: { type: 'string', example: 'src,dst,dport,state' },
  read(text) {
    const names = text.split(',');
    const unknown = names.filter(name => columnOf(name) === undefined);
    if (unknown.length > 0)
      throw new ParameterFault(
        `unknown field ${unknown.map(name => `'${name}'`).join(', ')}`,
        COLUMNS.map(({ name }) => name),
      );
    return [...new Set(names.map(name => columnOf(name)!))];
  },
};

/** A copy of a flow with only these fields, at their usual places in a `Flow`. */
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
