import { z } from '@hono/zod-openapi';
import { answerStatic, staticText } from '../http/answer/static-text.js';
import { json, text } from '../http/context.js';
import { PROBLEMS, Problem } from '../http/problem/problems.js';
import { ProblemsSchema, ProblemTypeSchema } from '../schemas/answers.js';
import type { Operation } from './operation.js';

/** `GET /openapi.json`. */
export const openapiJson: Operation = {
  id: 'getOpenApi',
  method: 'get',
  path: '/openapi.json',
  summary: 'Get the OpenAPI document',
  description:
    'Returns this document. It lists the operations that this server has: a read-only server has no changes. Its ETag allows caching.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: {
    200: { description: 'The document', content: { 'application/json': z.looseObject({ openapi: z.string() }) } },
  },
  problems: [],
  handle: ({ c, openapi }) => answerStatic(c, openapi()),
};

const problems = Object.entries(PROBLEMS).map(([code, { status, title }]) => ({ code, status, title }));

const problemsText = staticText(`${JSON.stringify({ problems })}\n`, 'application/json');

/** `GET /problems`: all of them. */
export const problemList: Operation = {
  id: 'listProblems',
  method: 'get',
  path: '/problems',
  summary: 'List problem codes',
  description: 'Returns every `code` that a problem can have, with its status and title.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'The codes', content: { 'application/json': ProblemsSchema } } },
  problems: [],
  handle: ({ c }) => answerStatic(c, problemsText),
};

/** `GET /problems/{code}`: what a problem's `type` is the address of. */
export const problemType: Operation = {
  id: 'getProblem',
  method: 'get',
  path: '/problems/{code}',
  summary: 'Get a problem code',
  description: 'Returns one problem code. The `type` of a problem is the path of this operation.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'The code', content: { 'application/json': ProblemTypeSchema } } },
  problems: ['route-not-found'],
  handle({ c }) {
    const problem = problems.find(({ code }) => code === c.req.param('code'));
    if (problem === undefined)
      throw new Problem('route-not-found', 'unknown problem code. GET /problems lists all codes');
    return json(problem);
  },
};

/** `GET /`: what a person with curl needs first. */
export const index: Operation = {
  id: 'getIndex',
  method: 'get',
  path: '/',
  summary: 'Get a first page for curl',
  description: 'Returns commands to paste, as text.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'Lines to paste', content: { 'text/plain': z.string() } } },
  problems: [],
  handle({ c, table, base }) {
    const { protocol, host } = new URL(c.req.url);
    const origin = `${protocol}//${c.req.header('host') ?? host}${base}`;
    return text(`Linux connection tracking over HTTP: ${table.source.name}

  curl '${origin}/conntrack?proto=tcp&state=ESTABLISHED'
  curl '${origin}/conntrack?dst=10.0.0.0/8&format=plain'      as conntrack(8) prints it; also ndjson, csv, extended, save
  curl '${origin}/conntrack?sort=-bytes&limit=10&fields=src,dst,bytes'
  curl '${origin}/conntrack/count?proto=udp&unreplied'
  curl '${origin}/filter/check?dprot=443'                     what is wrong with a filter, and where

Changes need a token:
  curl -X DELETE -H "Authorization: Bearer $TOKEN" '${origin}/conntrack?src=192.0.2.7&dryRun=true'

Everything else: ${origin}/docs in a browser, ${origin}/openapi.json for programs
`);
  },
};
