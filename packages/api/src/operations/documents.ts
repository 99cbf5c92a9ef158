import { z } from '@hono/zod-openapi';
import { negotiate } from '../http/answer/accept.js';
import { answerStatic, staticText } from '../http/answer/static-text.js';
import { json, text } from '../http/context.js';
import { PROBLEMS, Problem } from '../http/problem/problems.js';
import { ProblemsSchema, ProblemTypeSchema } from '../schemas/answers.js';
import { consolePage } from './console.js';
import type { Operation } from './operation.js';

export const openapiJson: Operation = {
  id: 'getOpenApi',
  method: 'get',
  path: '/openapi.json',
  summary: 'Get the OpenAPI document',
  description:
    'Returns this OpenAPI 3.1 document. It lists the operations that this server offers: on a read-only server, changes are missing. The response has an ETag, so clients can revalidate a cached copy.',
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

export const problemList: Operation = {
  id: 'listProblems',
  method: 'get',
  path: '/problems',
  summary: 'List problem codes',
  description: 'Returns all values of `code` in problem responses, each with its HTTP status and title.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'The codes', content: { 'application/json': ProblemsSchema } } },
  problems: [],
  handle: ({ c }) => answerStatic(c, problemsText),
};

export const problemType: Operation = {
  id: 'getProblem',
  method: 'get',
  path: '/problems/{code}',
  summary: 'Get a problem code',
  description: 'Returns the HTTP status and title of one problem code. The `type` of a problem response links here.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'The problem code', content: { 'application/json': ProblemTypeSchema } } },
  problems: ['route-not-found'],
  handle({ c }) {
    const problem = problems.find(({ code }) => code === c.req.param('code'));
    if (problem === undefined)
      throw new Problem('route-not-found', 'unknown problem code. GET /problems lists all codes');
    return json(problem);
  },
};

export const index: Operation = {
  id: 'getIndex',
  method: 'get',
  path: '/',
  summary: 'Get example commands',
  description: 'Returns curl commands for this server, as text. Browsers, which ask for HTML, get the web console.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: {
    200: {
      description: 'The commands, or the page of the console',
      content: { 'text/plain': z.string(), 'text/html': z.string() },
    },
  },
  problems: [],
  async handle({ c, table, base, hasConsole }) {
    const types = hasConsole ? ['text/plain', 'text/html'] : ['text/plain'];
    if (negotiate(c.req.header('accept'), types) === 'text/html') {
      const page = await consolePage(c);
      if (page !== undefined) return page;
    }
    const { protocol, host } = new URL(c.req.url);
    const origin = `${protocol}//${c.req.header('host') ?? host}${base}`;
    return text(`Linux connection tracking over HTTP: ${table.source.name}

  curl '${origin}/conntrack?proto=tcp&state=ESTABLISHED'
  curl '${origin}/conntrack?dst=10.0.0.0/8&format=plain'      as conntrack(8) prints it; also ndjson, csv, extended, save
  curl '${origin}/conntrack?sort=-bytes&limit=10&fields=src,dst,bytes'
  curl '${origin}/conntrack/count?proto=udp&unreplied'
  curl '${origin}/filter/check?dprot=443'                     shows what is wrong with a filter, and where

Changes need a token:
  curl -X DELETE -H "Authorization: Bearer $TOKEN" '${origin}/conntrack?src=192.0.2.7&dryRun=true'

${hasConsole ? `Web console: ${origin}/ in a browser\n` : ''}Documentation: ${origin}/docs in a browser, ${origin}/openapi.json for programs
`);
  },
};
