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
    'Returns what the table records and supports, and which settings of the host limit it. For a kernel’s table, and a token without a filter, `findings` lists each check with its effect and a fix. Does not read the table.',
  tag: 'server',
  access: 'stats:read',
  parameters: {},
  answers: { 200: { description: 'The capabilities', content: { 'application/json': CapabilitiesSchema } } },
  problems: ['not-privileged', 'source-failed'],
  async handle({ raw, table, signal, principal }) {
    readParameters(raw, {});
    const capabilities = await table.capabilities({ signal });
    // Findings describe the whole table, so a token that is limited by a filter does not get them.
    const diagnosis =
      table.source.kind === 'kernel' && principal.filter === undefined ? await table.doctor({ signal }) : undefined;
    return json({
      source: table.source,
      ...capabilities,
      ...(diagnosis && { findings: diagnosis.findings }),
    });
  },
};
