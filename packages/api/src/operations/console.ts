import { z } from '@hono/zod-openapi';
import { COMMON_HEADERS, VARY } from '../http/answer/headers.js';
import { answerPacked, unpacked } from '../http/answer/packed-file.js';
import { isKnown } from '../http/answer/static-text.js';
import type { Ctx } from '../http/context.js';
import { Problem } from '../http/problem/problems.js';
import { CONSOLE_FILES, CONSOLE_POLICY, type ConsoleFile, consoleAsset } from '../openapi/console-files.js';
import type { Operation } from './operation.js';

const PAGE_HEADERS = { 'content-security-policy': CONSOLE_POLICY, 'referrer-policy': 'no-referrer' };

/**
 * The part of a relative URL from the page to the console's files. The page may be at `/`, `/ct/` or `/ct`: a proxy may
 * remove its own prefix, so the server does not know the whole path.
 */
function prefixFor(path: string): string {
  const last = path.slice(path.lastIndexOf('/') + 1);
  return last === '' ? 'console/' : `${last}/console/`;
}

/** Responds with the page of the console. `undefined` if this package was built without it. */
export async function consolePage(c: Ctx): Promise<Response | undefined> {
  const asset = await consoleAsset('index.html');
  if (asset === undefined) return undefined;
  const page = (await unpacked(asset.packed)).toString().replaceAll('%CONSOLE%', prefixFor(c.req.path));
  return new Response(page, {
    headers: {
      ...COMMON_HEADERS,
      ...PAGE_HEADERS,
      'cache-control': 'no-cache',
      'content-type': CONSOLE_FILES['index.html'],
      vary: 'Accept, Accept-Encoding',
    },
  });
}

const isFile = (name: string): name is ConsoleFile => Object.hasOwn(CONSOLE_FILES, name) && name !== 'index.html';

export const consoleFile: Operation = {
  id: 'getConsoleFile',
  method: 'get',
  path: '/console/{file}',
  summary: 'Get a file of the web console',
  description:
    'Returns the script (`app.js`) or the style sheet (`style.css`) of the web console, which browsers get at `/`. Compressed if Accept-Encoding allows it, with an ETag.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: {
    200: { description: 'The file', content: { 'text/javascript': z.string(), 'text/css': z.string() } },
  },
  problems: ['route-not-found'],
  async handle({ c }) {
    const name = c.req.param('file') ?? '';
    const asset = isFile(name) ? await consoleAsset(name) : undefined;
    if (asset === undefined || !isFile(name))
      throw new Problem('route-not-found', 'the console has the files app.js and style.css');
    const headers = { ...COMMON_HEADERS, 'cache-control': 'no-cache', etag: asset.etag, vary: VARY };
    if (isKnown(c, asset.etag)) return new Response(null, { status: 304, headers });
    return answerPacked(c, asset.packed, { ...headers, 'content-type': CONSOLE_FILES[name] });
  },
};
