import { promisify } from 'node:util';
import zlib, { type Gzip } from 'node:zlib';
import type { Ctx } from '../context.js';
import { COMMON_HEADERS, VARY } from './headers.js';

/** Content codings that answers can have. zstd is several times as fast, where Node has it (22.15). */
export type Encoding = 'zstd' | 'gzip';

/** What `node:zlib` has of zstd, which is not in the types of Node 20. */
interface Zstd {
  createZstdCompress?: (options: object) => Gzip;
  constants: { ZSTD_c_compressionLevel?: number; ZSTD_e_flush?: number };
}
const { createZstdCompress, constants } = zlib as unknown as Zstd;
const ENCODINGS: readonly Encoding[] = createZstdCompress === undefined ? ['gzip'] : ['zstd', 'gzip'];

/** Speed before size: a list is made once and read once. */
export const LEVEL = 1;
/** Bytes that the encoder gathers before it hands them on. */
const CHUNK = 64 * 1024;
/** Shorter answers are sent as they are: the header would outweigh what is saved. */
const MIN_LENGTH = 2048;

/** The coding of an answer among those that it can have, by `Accept-Encoding` (RFC 9110, 12.5.3); `undefined` sends it as it is. */
export function encodingOf(c: Ctx, available: readonly Encoding[] = ENCODINGS): Encoding | undefined {
  const header = c.req.header('accept-encoding');
  if (header === undefined) return undefined;
  const weights = new Map(
    header
      .toLowerCase()
      .split(',')
      .map(part => {
        const [name = '', ...parameters] = part.split(';').map(each => each.trim());
        const q = parameters.find(each => each.startsWith('q='))?.slice(2);
        return [name, q === undefined ? 1 : Number(q)] as const;
      }),
  );
  const weight = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const [best] = available.filter(name => weight(name) > 0).sort((one, other) => weight(other) - weight(one));
  return best;
}

/** A stream that encodes what is written into it. `flush()` sends on what it has gathered. */
export function encoder(encoding: Encoding): { stream: Gzip; flush: () => void } {
  if (encoding === 'gzip') {
    const stream = zlib.createGzip({ level: LEVEL, chunkSize: CHUNK });
    return { stream, flush: () => stream.flush(zlib.constants.Z_SYNC_FLUSH) };
  }
  const params = { [constants.ZSTD_c_compressionLevel!]: LEVEL };
  const stream = createZstdCompress!({ params, chunkSize: CHUNK });
  return { stream, flush: () => stream.flush(constants.ZSTD_e_flush) };
}

const gzip = promisify(zlib.gzip);

/** A whole text as an answer, compressed where the client can read that and it is worth it. */
export async function encodedText(
  c: Ctx,
  text: string,
  { type = 'application/json', headers = {} }: { type?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const all: Record<string, string> = { ...COMMON_HEADERS, 'content-type': type, vary: VARY, ...headers };
  const encoding = text.length < MIN_LENGTH ? undefined : encodingOf(c, ['gzip']);
  if (encoding === undefined) return new Response(text, { headers: all });
  const bytes = (await gzip(text, { level: LEVEL, chunkSize: CHUNK })) as Buffer<ArrayBuffer>;
  return new Response(bytes, { headers: { ...all, 'content-encoding': 'gzip' } });
}
