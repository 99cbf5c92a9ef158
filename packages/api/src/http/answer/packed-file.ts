import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import type { Ctx } from '../context.js';
import { encodingOf } from './encoding.js';

const decompress = promisify(brotliDecompress);

/** Where the build puts its files: beside the built package, or (in a source tree) in its `dist`. */
const FOLDERS = ['./', '../../../dist/'].map(path => new URL(path, import.meta.url));

/** Reads a file that the build compressed with brotli. Returns `undefined` if this package was built without it. */
export async function packedFile(name: string): Promise<Buffer<ArrayBuffer> | undefined> {
  for (const folder of FOLDERS)
    try {
      return (await readFile(new URL(`${name}.br`, folder))) as Buffer<ArrayBuffer>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  return undefined;
}

/** The content of a file that the build compressed. */
export const unpacked = async (packed: Buffer): Promise<Buffer<ArrayBuffer>> =>
  (await decompress(packed)) as Buffer<ArrayBuffer>;

/** A compressed file as a response: as it is for clients that accept brotli, which browsers do on secure pages and on loopback. */
export async function answerPacked(
  c: Ctx,
  packed: Buffer<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  if (encodingOf(c, ['br']) === undefined) return new Response(await unpacked(packed), { headers });
  return new Response(packed, { headers: { ...headers, 'content-encoding': 'br' } });
}
