import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

const decompress = promisify(brotliDecompress);

/** The files of the console, and their media types. */
export const CONSOLE_FILES = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
} as const;

/** The name of a file of the console. */
export type ConsoleFile = keyof typeof CONSOLE_FILES;

/** A file of the console: compressed with brotli, and its entity tag. */
export interface ConsoleAsset {
  readonly compressed: Buffer<ArrayBuffer>;
  readonly etag: string;
  /** The uncompressed bytes, for clients that do not accept brotli. */
  plain(): Promise<Buffer<ArrayBuffer>>;
}

/** Where the build puts the files: beside the built package, or (in a source tree) in its `dist`. */
const FOLDERS = ['./console/', '../../dist/console/'].map(path => new URL(path, import.meta.url));

async function read(name: ConsoleFile): Promise<ConsoleAsset | undefined> {
  for (const folder of FOLDERS)
    try {
      const compressed = (await readFile(new URL(`${name}.br`, folder))) as Buffer<ArrayBuffer>;
      return {
        compressed,
        etag: `W/"${createHash('sha256').update(compressed).digest('hex').slice(0, 32)}"`,
        plain: async () => (await decompress(compressed)) as Buffer<ArrayBuffer>,
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  return undefined;
}

const kept = new Map<ConsoleFile, Promise<ConsoleAsset | undefined>>();

/** Returns a file of the console; `undefined` if the package was built without it. The 70 kB are read once, on the first request. */
export function consoleAsset(name: ConsoleFile): Promise<ConsoleAsset | undefined> {
  const known = kept.get(name) ?? read(name);
  kept.set(name, known);
  return known;
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
