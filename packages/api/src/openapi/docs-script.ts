import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

const decompress = promisify(brotliDecompress);

/** The script of the page, with its encoding. */
export interface DocsScript {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly encoding: 'br' | undefined;
}

/** Reads a file, or answers `undefined` where there is none. */
async function readIfThere(path: string | URL): Promise<Buffer<ArrayBuffer> | undefined> {
  try {
    return (await readFile(path)) as Buffer<ArrayBuffer>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Scalar's API reference (MIT): of what was built, the compressed copy beside it; of the sources, the package itself. It is read from the disk when it is asked for:
 * a server that nobody looks at with a browser does not hold it.
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
