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
  purpose: oneOf('What the filter is for: changes are stricter about prefixes', ['read', 'change'] as const),
};

/** `GET /filter/check`. A filter that is not valid is an answer here, not a failure. */
export const filterCheck: Operation = {
  id: 'checkFilter',
  method: 'get',
  path: '/filter/check',
  summary: 'Check a filter',
  description:
    'Returns whether a filter is valid, with its canonical spellings, or what is wrong and where. An invalid filter is a 200 answer with `valid: false`.',
  tag: 'filter',
  access: 'any',
  parameters,
  filter: 'read',
  answers: { 200: { description: 'What the parser says', content: { 'application/json': CheckSchema } } },
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
