import { json } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import { CapabilitiesSchema } from '../schemas/answers.js';
import type { Operation } from './operation.js';

/** `GET /capabilities`. */
export const capabilities: Operation = {
  id: 'getCapabilities',
  method: 'get',
  path: '/capabilities',
  summary: 'Get capabilities',
  description: 'Returns what the table records and supports, and which settings of the host limit it.',
  tag: 'server',
  access: 'stats:read',
  parameters: {},
  answers: { 200: { description: 'What there is', content: { 'application/json': CapabilitiesSchema } } },
  problems: ['not-privileged', 'source-failed'],
  async handle({ raw, table, signal, principal }) {
    readParameters(raw, {});
    const capabilities = await table.capabilities({ signal });
    // The findings are of the whole table.
    const diagnosis =
      table.source.kind === 'kernel' && principal.filter === undefined ? await table.doctor({ signal }) : undefined;
    return json({
      source: table.source,
      ...capabilities,
      ...(diagnosis && { findings: diagnosis.findings }),
    });
  },
};
