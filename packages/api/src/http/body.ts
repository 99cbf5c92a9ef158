import type { z } from '@hono/zod-openapi';
import { type Fault, Problem } from '../problems.js';
import type { Ctx } from './context.js';

/** Bodies are small: a change, a flow. */
const BODY_LIMIT = 1024 * 1024;

// What is left of the body is thrown away for half a second and then cut (@hono/node-server does). Without that, closing at once with bytes
// unread makes the kernel send a reset, which can overtake the answer.
const tooLarge = (): Problem => new Problem('body-too-large', `a body may have at most ${BODY_LIMIT} bytes`);

/** Whether the request brings a body. On a Node server asking for the stream would open it: its headers tell. */
function hasBody(c: Ctx): boolean {
  const { incoming } = c.env ?? {};
  if (incoming === undefined) return c.req.raw.body !== null;
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** A filter in the body of a DELETE that nobody reads would be a filter that is ignored. */
export function refuseBody(c: Ctx): void {
  if (hasBody(c)) throw new Problem('body-unexpected', 'this request takes no body; filters stand in the query string');
}

async function readText(c: Ctx): Promise<string> {
  if (Number(c.req.header('content-length') ?? 0) > BODY_LIMIT) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > BODY_LIMIT) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Problem('json-malformed', 'the body is not UTF-8');
  }
}

/** `['original', 'a/b']` as RFC 6901 has it. */
const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** zod's issues as faults, one for each key that should not be there. */
function bodyFaults(error: z.ZodError): Fault[] {
  return error.issues.flatMap((issue): Fault[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(key => ({
          code: 'unknown',
          message: `unknown member '${key}'`,
          pointer: pointerOf([...issue.path, key]),
        }))
      : [{ code: 'invalid', message: issue.message, pointer: pointerOf(issue.path) }],
  );
}

/** How deep a body may nest: nothing that is read here comes near it. */
const MAX_DEPTH = 64;

/** How deep brackets nest in JSON text. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/gs))
    if (mark === '[' || mark === '{') deepest = Math.max(deepest, ++depth);
    else if (mark === ']' || mark === '}') depth--;
  return deepest;
}

/** The text of a body and its type, which has to be one of `types`. @throws Problem */
export async function readForm(c: Ctx, types: readonly string[]): Promise<{ type: string; text: string }> {
  const type = (c.req.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (!types.includes(type))
    throw new Problem(
      'media-type-unsupported',
      `send 'Content-Type: ${types[0]}'${type === '' ? '' : `, not '${type.slice(0, 100)}'`}`,
      { available: types },
      { accept: types.join(', ') },
    );
  return { type, text: await readText(c) };
}

/** JSON text as the schema describes it. @throws Problem with every fault at once. */
export function readJson<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem('json-malformed', `the body is not JSON: ${(error as SyntaxError).message}`);
  }
  if (depthOf(text) > MAX_DEPTH) throw new Problem('json-malformed', `the body nests deeper than ${MAX_DEPTH}`);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = bodyFaults(result.error);
  throw new Problem(
    'body-invalid',
    errors.map(({ pointer, message }) => `${pointer || 'body'}: ${message}`).join('; '),
    {
      errors,
    },
  );
}

/** The body as the schema describes it. @throws Problem with every fault at once. */
export async function readBody<T>(c: Ctx, types: readonly string[], schema: z.ZodType<T>): Promise<T> {
  return readJson((await readForm(c, types)).text, schema);
}
