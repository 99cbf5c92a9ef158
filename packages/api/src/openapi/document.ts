import { OpenAPIHono } from '@hono/zod-openapi';
import type { ProblemCode } from '../http/problem/problems.js';
import type { Operation } from '../operations/operation.js';
import { ProblemSchema } from '../schemas/answers.js';
import { answersOf, HEADER_COMPONENTS, ProblemAnswers, shareAnswers } from './answers.js';
import { FILTER_PARAMETERS, parametersOf } from './parameters.js';
import { openSchemas } from './schemas.js';

/** Problems that every route can have, and further ones for routes with authentication and with a body. */
const EVERYWHERE: readonly ProblemCode[] = [
  'request-malformed',
  'parameter-invalid',
  'token-in-url',
  'host-forbidden',
  'origin-forbidden',
  'not-acceptable',
  'headers-too-large',
  'client-left',
  'internal',
  'aborted',
];
const WITH_ACCESS: readonly ProblemCode[] = [
  'unauthenticated',
  'scope-missing',
  'too-many-requests',
  'keys-unavailable',
];
const WITH_BODY: readonly ProblemCode[] = [
  'json-malformed',
  'body-too-large',
  'media-type-unsupported',
  'expectation-failed',
  'body-invalid',
  'request-timeout',
  'too-many-bodies',
  'server-busy',
];

/** All problems that an operation can respond with. */
export const problemsOf = (operation: Operation): ProblemCode[] => [
  ...new Set([
    ...EVERYWHERE,
    ...(operation.access === 'public' ? [] : WITH_ACCESS),
    ...(operation.endless ? (['too-many-subscribers', 'server-busy'] as const) : []),
    ...(operation.whole ? (['outside'] as const) : []),
    ...(operation.mutation
      ? (['precondition-failed', 'idempotency-key-invalid', 'idempotency-key-reused'] as const)
      : []),
    ...(operation.body ? WITH_BODY : operation.mutation ? (['body-unexpected'] as const) : []),
    ...operation.problems,
  ]),
];

/**
 * The scopes that a token needs, as alternatives: the document's `x-scopes`. OpenAPI linters accept no scopes in the
 * `security` of a bearer token.
 */
function scopesOf({ access, also = [] }: Operation): string[][] {
  if (access === 'public' || access === 'any') return [];
  return (typeof access === 'object' ? access : [access]).map(scope => [scope, ...also]);
}

/** The description of an operation, with the scopes that it needs. */
function descriptionOf(operation: Operation): string {
  const ways = scopesOf(operation).map(scopes => scopes.map(scope => `\`${scope}\``).join(' and '));
  const token =
    operation.access === 'public'
      ? 'No token is required.'
      : ways.length === 0
        ? 'Any valid token is accepted.'
        : `Required scope: ${ways.join(', or ')}.`;
  return `${operation.description}\n\n${token}`;
}

/** The key of an operation in its path item. OpenAPI supports QUERY from version 3.2 on. */
export const placeOf = ({ method }: Operation): string => (method === 'query' ? 'x-query' : method);

const itemOf = (paths: object, operation: Operation): object | undefined =>
  (paths as Record<string, Record<string, object>>)[operation.path]?.[placeOf(operation)];

/** The OpenAPI 3.1 document, generated from the same tables that handle the requests. */
export function openapiDocument(operations: readonly Operation[], basePath = ''): object {
  const generator = new OpenAPIHono();
  const problems = new ProblemAnswers(EVERYWHERE);
  generator.openAPIRegistry.register('Problem', ProblemSchema);
  for (const operation of operations) {
    const { id, path, summary, tag, body, access } = operation;
    const scopes = scopesOf(operation);
    generator.openAPIRegistry.registerPath({
      method: placeOf(operation) as 'post',
      path,
      operationId: id,
      summary,
      description: descriptionOf(operation),
      tags: [tag],
      security: access === 'public' ? [] : [{ token: [] }],
      ...(scopes.length > 0 && { 'x-scopes': scopes }),
      ...(body && {
        request: {
          body: {
            required: true,
            content: Object.fromEntries(body.types.map(type => [type, { schema: body.schema }])),
          },
        },
      }),
      responses: { ...answersOf(operation), ...problems.of(problemsOf(operation)) } as never,
    });
  }
  const document = generator.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'conntrack',
      version: '1',
      description: 'Reads, filters and changes a Linux connection tracking table.',
      contact: { name: 'The maintainers of conntrack' },
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: basePath || '/' }],
    tags: [
      {
        name: 'expectations',
        description: 'Connections that connection tracking helpers expect, like FTP data connections',
      },
      { name: 'filter', description: 'Check, complete and explain filters' },
      { name: 'flows', description: 'List, watch and change the entries of the connection tracking table' },
      { name: 'server', description: 'Version, health, metrics and documentation of this server' },
    ],
  });
  const { paths = {}, components, ...rest } = document;
  for (const operation of operations)
    Object.assign(itemOf(paths, operation) ?? {}, { parameters: parametersOf(operation) });
  return {
    ...rest,
    paths,
    components: {
      ...components,
      schemas: openSchemas(components?.schemas),
      parameters: FILTER_PARAMETERS,
      headers: HEADER_COMPONENTS,
      examples: problems.examples,
      responses: { ...problems.responses, ...shareAnswers(paths) },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token of this server, or a JWT of an accepted issuer. The description of each operation names the required scope',
        },
      },
    },
  };
}
