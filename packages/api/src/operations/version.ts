import { z } from '@hono/zod-openapi';
import { json } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import type { Operation } from './operation.js';

const VersionSchema = z
  .object({
    node: z.string().openapi({ description: 'The host’s name, or the one that the server was given', example: 'gw1' }),
    version: z.string().openapi({ description: 'Of the program' }),
    apiVersion: z.string().openapi({ description: 'Of the routes and their answers' }),
    bootId: z.string().optional().openapi({ description: 'Of the host’s kernel: another one after each boot' }),
    instanceId: z.string().openapi({ description: 'Another one after each start of the server' }),
    started: z.iso.datetime().openapi({ description: 'When the server was started' }),
  })
  .openapi('Version');

/** `GET /version`. */
export const version: Operation = {
  id: 'getVersion',
  method: 'get',
  path: '/version',
  summary: 'Get the version',
  description:
    'Returns the version of the program and of the API, the name of the node and its boot id. Every answer has most of it in the header `X-Conntrack-Server`.',
  tag: 'server',
  access: 'stats:read',
  parameters: {},
  answers: { 200: { description: 'Which server this is', content: { 'application/json': VersionSchema } } },
  problems: [],
  handle({ raw, server }) {
    readParameters(raw, {});
    return json(server);
  },
};

const NamespacesSchema = z
  .object({
    items: z.array(
      z.object({
        name: z.string().openapi({ description: '`.` is the server’s own', example: 'blue' }),
        path: z.string().openapi({ description: 'In front of the routes of its table', example: '/netns/blue' }),
      }),
    ),
  })
  .openapi('Namespaces');

/** `GET /netns`. */
export const listNamespaces: Operation = {
  id: 'listNamespaces',
  method: 'get',
  path: '/netns',
  summary: 'List network namespaces',
  description: 'Returns the network namespaces that the caller may use and that exist now. The server’s own is `.`.',
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
