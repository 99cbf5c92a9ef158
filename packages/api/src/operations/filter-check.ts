import { FilterError, fieldsOf } from '@conntrack/filter';
import { parseQuery } from '@conntrack/filter/hints';
import { printExpression, printQuery } from '@conntrack/filter/print';
import { json } from '../http/context.js';
import { faultsProblem } from '../http/problem/faults.js';
import { filterFaults } from '../http/problem/problem-of.js';
import type { Fault } from '../http/problem/problems.js';
import { oneOf, values } from '../http/query/parameters.js';
import { pairsOf } from '../http/query/query-pairs.js';
import { CheckSchema } from '../schemas/answers.js';
import type { Operation } from './operation.js';

const parameters = {
  purpose: oneOf('What the filter is for. With `change`, an address with host bits after its prefix is an error', [
    'read',
    'change',
  ] as const),
};

export const filterCheck: Operation = {
  id: 'checkFilter',
  method: 'get',
  path: '/filter/check',
  summary: 'Check a filter',
  description:
    'Returns whether a filter is valid. For a valid filter, the response contains its canonical spellings and fields; for an invalid one, what is wrong and where. Both are 200 responses. The table is not read.',
  tag: 'filter',
  access: 'any',
  parameters,
  filter: 'read',
  answers: { 200: { description: 'The result of the check', content: { 'application/json': CheckSchema } } },
  problems: [],
  handle({ raw }) {
    const faults: Fault[] = [];
    const { purpose = 'read' } = values(raw, pairsOf(raw), parameters, faults);
    if (faults.length > 0) throw faultsProblem('parameter-invalid', faults);
    try {
      const { filter, warnings } = parseQuery(raw, { params: Object.keys(parameters), purpose });
      return json({
        valid: true,
        query: printQuery(filter),
        expression: printExpression(filter),
        fields: [...fieldsOf(filter)],
        ...(warnings.length > 0 && { warnings }),
      });
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      return json({ valid: false, errors: filterFaults(error) });
    }
  },
};
