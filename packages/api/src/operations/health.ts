import { json } from '../http/context.js';
import { Problem } from '../http/problem/problems.js';
import { StatusSchema } from '../schemas/answers.js';
import type { Answer, Operation } from './operation.js';

const answer: Answer = { description: 'The check passed', content: { 'application/json': StatusSchema } };

export const livez: Operation = {
  id: 'checkLiveness',
  method: 'get',
  path: '/livez',
  summary: 'Check liveness',
  description: 'Returns 200 while the process answers requests. It does not read the table.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: answer },
  problems: [],
  handle: () => json({ status: 'live' }),
};

export const readyz: Operation = {
  id: 'checkReadiness',
  method: 'get',
  path: '/readyz',
  summary: 'Check readiness',
  description: 'Returns 200 if the table can be read and the audit log can be written, otherwise 503 with the reason.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: answer },
  problems: ['not-privileged', 'source-unusable', 'source-failed', 'audit-failed'],
  async handle({ table, signal, auditFailing }) {
    await table.capabilities({ signal });
    if (auditFailing())
      throw new Problem('audit-failed', 'lines of the audit log could not be written. Free space on its disk');
    return json({ status: 'ready' });
  },
};
