import { z } from '@hono/zod-openapi';
import { json } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import type { Operation } from './operation.js';

const VersionSchema = z
  .object({
    node: z.string().openapi({ description: 'The host’s name, or the configured name of the server', example: 'gw1' }),
    version: z.string().openapi({ description: 'The version of the server' }),
    apiVersion: z
      .string()
      .openapi({ description: 'The version of the API. It changes when existing clients would break' }),
    bootId: z
      .string()
      .optional()
      .openapi({ description: 'The kernel’s boot id. It changes with each boot of the host' }),
    instanceId: z.string().openapi({ description: 'A random id. It changes with each start of the server' }),
    started: z.iso.datetime().openapi({ description: 'The time of the server’s start (RFC 3339)' }),
  })
  .openapi('Version', { description: 'The identity of a server' });

export const version: Operation = {
  id: 'getVersion',
  method: 'get',
  path: '/version',
  summary: 'Get the version',
  description:
    'Returns the versions of the server and of the API, the node’s name, the kernel’s boot id and the server’s instance id. Every response contains most of them in the header `X-Conntrack-Server`.',
  tag: 'server',
  access: 'stats:read',
  parameters: {},
  answers: { 200: { description: 'The identity of the server', content: { 'application/json': VersionSchema } } },
  problems: [],
  handle({ raw, server }) {
    readParameters(raw, {});
    return json(server);
  },
};

const NamespacesSchema = z
  .object({
    items: z
      .array(
        z.object({
          name: z
            .string()
            .openapi({ description: 'The name of the network namespace; `.` is the server’s own', example: 'blue' }),
          path: z.string().openapi({
            description:
              'The path before the routes of its table. Empty for the server’s own, if there is no base path',
            example: '/netns/blue',
          }),
        }),
      )
      .openapi({ description: 'The network namespaces, the server’s own first' }),
  })
  .openapi('Namespaces', { description: 'Network namespaces' });

export const listNamespaces: Operation = {
  id: 'listNamespaces',
  method: 'get',
  path: '/netns',
  summary: 'List network namespaces',
  description:
    'Returns the network namespaces that the caller may use and that exist now. The server’s own namespace, `.`, is the first.',
  tag: 'server',
  access: 'stats:read',
  parameters: {},
  answers: { 200: { description: 'The namespaces', content: { 'application/json': NamespacesSchema } } },
  problems: [],
  async handle({ raw, principal, namespaces, base }) {
    readParameters(raw, {});
    const names = ['.', ...(await namespaces())].filter(name => principal.netns?.includes(name) ?? true);
    return json({ items: names.map(name => ({ name, path: name === '.' ? base : `${base}/netns/${name}` })) });
  },
};
