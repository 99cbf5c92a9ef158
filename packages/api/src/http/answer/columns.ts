import { COLUMNS, type Column } from '@conntrack/flow/columns';
import { columnOf } from '@conntrack/table';
import { type Parameter, ParameterFault } from '../query/parameters.js';

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
