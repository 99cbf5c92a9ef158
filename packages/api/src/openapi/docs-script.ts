import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

const decompress = promisify(brotliDecompress);

/** The script of the documentation page, and its content encoding. */
export interface DocsScript {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly encoding: 'br' | undefined;
}

/** Reads a file. Returns `undefined` if it does not exist. */
async function readIfThere(path: string | URL): Promise<Buffer<ArrayBuffer> | undefined> {
  try {
    return (await readFile(path)) as Buffer<ArrayBuffer>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Scalar's API reference (MIT). A built package has a compressed copy of it; a source tree uses the installed package.
 * It is read from disk for each request, so a server without browser users does not keep it in memory.
 */
export async function docsScript(acceptEncoding: string): Promise<DocsScript> {
  const compressed = await readIfThere(new URL('./docs/reference.js.br', import.meta.url));
  if (compressed === undefined) {
    const path = createRequire(import.meta.url).resolve('@scalar/api-reference/browser/standalone.js');
    return { bytes: (await readFile(path)) as Buffer<ArrayBuffer>, encoding: undefined };
  }
  if (/\bbr\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(acceptEncoding)) return { bytes: compressed, encoding: 'br' };
  return { bytes: (await decompress(compressed)) as Buffer<ArrayBuffer>, encoding: undefined };
}
