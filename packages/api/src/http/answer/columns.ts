import { FIELDS, findField } from '@conntrack/filter';
import { COLUMNS, type Column } from '@conntrack/flow/columns';
import { columnOf } from '@conntrack/table';
import { type Parameter, ParameterFault } from '../query/parameters.js';

/** The names of columns in the filter language. Some columns are not fields. */
export const namesOf = (columns: readonly Column[] = []): string[] =>
  columns.flatMap(({ name }) => findField(name)?.name ?? []);

/** The query parameter `reads=rate,first-seen`. */
export const readsParameter: Parameter<readonly string[]> = {
  description:
    'Fields that you read from the flows, by the filter’s names: `rate,first-seen`. Flows then have `rate` and `firstSeen`, which only an index knows (`--index`), and their counters are current. Implied by `fields`, `sort` and the filter',
  schema: { type: 'string', example: 'rate,first-seen' },
  read(text) {
    const names = text.split(',');
    const unknown = names.filter(name => findField(name) === undefined);
    if (unknown.length > 0)
      throw new ParameterFault(
        `unknown field ${unknown.map(name => `'${name}'`).join(', ')}`,
        FIELDS.map(({ name }) => name),
      );
    return names.map(name => findField(name)!.name);
  },
};

export type { Column } from '@conntrack/flow/columns';

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
