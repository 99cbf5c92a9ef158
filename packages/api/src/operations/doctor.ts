import { json } from '../http/context.js';
import { SCAN_PROBLEMS } from '../http/problem/problems.js';
import { integer } from '../http/query/parameters.js';
import { readParameters } from '../http/query/query.js';
import { DiagnosisSchema } from '../schemas/answers.js';
import { given, type Operation } from './operation.js';

/** Maximum time between the two looks at the counters, in milliseconds. */
const MAX_INTERVAL = 10_000;

const parameters = {
  interval: integer(
    'Milliseconds between two looks at the kernel’s counters: the second one shows if traffic is being lost now. 0: one look',
    0,
    MAX_INTERVAL,
    1000,
  ),
};

export const doctor: Operation = {
  id: 'diagnose',
  method: 'get',
  path: '/doctor',
  summary: 'Check the table and the host',
  description:
    'Checks the kernel’s settings, its counters, its table and its flowtables, and returns for each check what was found, what follows from it and what to do, the most serious first. The status `loss` means that traffic is being lost. Scans the whole table once, and changes nothing. Only for a kernel’s table. Not available to tokens that are limited by a filter.',
  tag: 'server',
  access: 'stats:read',
  whole: true,
  parameters,
  answers: { 200: { description: 'The findings', content: { 'application/json': DiagnosisSchema } } },
  problems: ['unsupported', ...SCAN_PROBLEMS],
  async handle({ raw, table, signal }) {
    const values = readParameters(raw, parameters);
    return json(await table.doctor({ signal, ...given(values) }));
  },
};
