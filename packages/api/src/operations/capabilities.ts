import { json } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import { CapabilitiesSchema } from '../schemas/answers.js';
import type { Operation } from './operation.js';

export const capabilities: Operation = {
  id: 'getCapabilities',
  method: 'get',
  path: '/capabilities',
  summary: 'Get capabilities',
  description:
    'Returns what the table records and supports, and which settings of the host limit it. Does not read the table. `GET /doctor` explains what to change.',
  tag: 'server',
  access: 'stats:read',
  parameters: {},
  answers: { 200: { description: 'The capabilities', content: { 'application/json': CapabilitiesSchema } } },
  problems: ['not-privileged', 'source-failed'],
  async handle({ raw, table, signal }) {
    readParameters(raw, {});
    return json({ source: table.source, ...(await table.capabilities({ signal })) });
  },
};
