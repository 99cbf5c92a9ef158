import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from '@hono/zod-openapi';
import { COMMON_HEADERS, VARY } from '../http/answer/headers.js';
import { answerPacked, packedFile } from '../http/answer/packed-file.js';
import { answerStatic, staticText } from '../http/answer/static-text.js';
import { DOCS_PAGE, docsPolicy } from '../openapi/docs-page.js';
import type { Operation } from './operation.js';

const page = staticText(DOCS_PAGE, 'text/html; charset=utf-8');

export const docs: Operation = {
  id: 'getDocs',
  method: 'get',
  path: '/docs',
  summary: 'Get the API reference page',
  description:
    'Returns the API reference as an HTML page, where requests can be tried. The page loads everything from this server; its Content-Security-Policy allows no other source.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'The HTML page', content: { 'text/html': z.string() } } },
  problems: [],
  handle: ({ c }) =>
    answerStatic(c, page, { 'content-security-policy': docsPolicy(), 'referrer-policy': 'no-referrer' }),
};

export const docsReference: Operation = {
  id: 'getDocsScript',
  method: 'get',
  path: '/docs/reference.js',
  summary: 'Get the script of the reference page',
  description: 'Returns the JavaScript of the page at `/docs`, compressed if Accept-Encoding allows it.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'The script', content: { 'text/javascript': z.string() } } },
  problems: [],
  async handle({ c }) {
    const headers = {
      ...COMMON_HEADERS,
      'cache-control': 'private, max-age=3600',
      'content-type': 'text/javascript; charset=utf-8',
      vary: VARY,
    };
    // Scalar's API reference (MIT). It is read from disk for each request, so a server without browser users does not
    // keep it in memory.
    const packed = await packedFile('docs/reference.js');
    if (packed !== undefined) return answerPacked(c, packed, headers);
    // A source tree that was not built has only the installed package.
    const path = createRequire(import.meta.url).resolve('@scalar/api-reference/browser/standalone.js');
    return new Response((await readFile(path)) as Buffer<ArrayBuffer>, { headers });
  },
};
