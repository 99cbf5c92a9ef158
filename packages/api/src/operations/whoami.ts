import { printQuery } from '@conntrack/filter/print';
import { z } from '@hono/zod-openapi';
import { READ_SCOPES, SCOPES } from '../auth/scopes.js';
import { json } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import { given, type Operation } from './operation.js';

const CallerSchema = z
  .object({
    name: z.string().openapi({
      description: 'The name of the token, or `anonymous`, `unix-socket`, or the holder of a client certificate',
      example: 'noc',
    }),
    scopes: z
      .array(z.enum(SCOPES))
      .openapi({ description: 'What the caller may do on this server. A read-only server allows no changes' }),
    filter: z
      .string()
      .optional()
      .openapi({ description: 'The filter that limits the caller: it sees and changes only these flows' }),
    netns: z
      .array(z.string())
      .optional()
      .openapi({ description: 'The network namespaces that the caller may use; `.` is the server’s own. Absent: all' }),
  })
  .openapi('Caller', { description: 'Who sends a request, and what the sender may do' });

export const whoami: Operation = {
  id: 'getCaller',
  method: 'get',
  path: '/whoami',
  summary: 'Get the caller and its rights',
  description:
    'Returns who the server takes the caller for, and what the caller may do. User interfaces use it to show only what is allowed.',
  tag: 'server',
  access: 'any',
  parameters: {},
  answers: { 200: { description: 'The caller', content: { 'application/json': CallerSchema } } },
  problems: [],
  handle({ raw, principal, readOnly }) {
    readParameters(raw, {});
    const { name, scopes, filter, netns } = principal;
    const usable = readOnly ? scopes.filter(scope => READ_SCOPES.includes(scope)) : scopes;
    return json({ name, scopes: usable, ...given({ filter: filter && printQuery(filter), netns }) });
  },
};
