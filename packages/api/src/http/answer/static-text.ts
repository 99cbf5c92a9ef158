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

/** The weak entity tag of a content. */
export const etagOf = (content: string | Buffer): string => `W/"${hash('sha256', content).slice(0, 32)}"`;

/** Makes a static text. */
export const staticText = (text: string, type: string): StaticText => ({ text, type, etag: etagOf(text) });

/** Whether the client has the content with this entity tag (RFC 9110, 13.1.2). */
export function isKnown(c: Ctx, etag: string): boolean {
  const known = (c.req.header('if-none-match') ?? '').split(',').map(tag => tag.trim());
  return known.includes(etag) || known.includes('*') || known.includes(etag.slice(2));
}

/**
 * Responds with a static text. The client may cache it, and revalidates its copy: 304 without a body when the copy is
 * current.
 */
export async function answerStatic(
  c: Ctx,
  { text, type, etag }: StaticText,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = { ...more, etag, 'cache-control': 'no-cache', vary: VARY };
  if (isKnown(c, etag)) return new Response(null, { status: 304, headers: { ...COMMON_HEADERS, ...headers } });
  return encodedText(c, text, { type, headers });
}
