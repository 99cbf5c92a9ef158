import { packedFile } from '../http/answer/packed-file.js';
import { etagOf } from '../http/answer/static-text.js';

/** The files of the console, and their media types. */
export const CONSOLE_FILES = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
} as const;

/** The name of a file of the console. */
export type ConsoleFile = keyof typeof CONSOLE_FILES;

/** A file of the console, compressed, and its entity tag. */
export interface ConsoleAsset {
  readonly packed: Buffer<ArrayBuffer>;
  readonly etag: string;
}

const kept = new Map<ConsoleFile, ConsoleAsset>();

/** Returns a file of the console; `undefined` if the package was built without it. The 70 kB are read once, on the first request. */
export async function consoleAsset(name: ConsoleFile): Promise<ConsoleAsset | undefined> {
  const known = kept.get(name);
  if (known !== undefined) return known;
  const packed = await packedFile(`console/${name}`);
  if (packed === undefined) return undefined;
  const asset = { packed, etag: etagOf(packed) };
  kept.set(name, asset);
  return asset;
}

/**
 * The console's Content-Security-Policy: scripts and styles from this server alone, requests to it alone, no frames.
 * Markup in the strings of connections could therefore do nothing, even if the page showed it as markup.
 */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');
