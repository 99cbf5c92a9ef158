import { hash } from 'node:crypto';
import type { Ctx } from '../context.js';
import { encodedText } from './encoding.js';
import { COMMON_HEADERS, VARY } from './headers.js';

/** A text that does not change while the server runs, with its entity tag. */
export interface StaticText {
  readonly text: string;
  readonly type: string;
  /** The entity tag. It is weak because the text can be sent in several content codings. */
  readonly etag: string;
}

/** Makes a static text. */
export const staticText = (text: string, type: string): StaticText => ({
  text,
  type,
  etag: `W/"${hash('sha256', text).slice(0, 32)}"`,
});

/**
 * Responds with a static text. The client may cache it, and revalidates its copy: 304 without a body when the copy is
 * current (RFC 9110, 13.1.2).
 */
export async function answerStatic(
  c: Ctx,
  { text, type, etag }: StaticText,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = { ...more, etag, 'cache-control': 'no-cache', vary: VARY };
  const known = (c.req.header('if-none-match') ?? '').split(',').map(tag => tag.trim());
  if (known.includes(etag) || known.includes('*') || known.includes(etag.slice(2)))
    return new Response(null, { status: 304, headers: { ...COMMON_HEADERS, ...headers } });
  return encodedText(c, text, { type, headers });
}
