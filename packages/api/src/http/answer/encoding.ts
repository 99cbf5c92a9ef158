import { promisify } from 'node:util';
import zlib, { type Gzip } from 'node:zlib';
import type { Ctx } from '../context.js';
import { COMMON_HEADERS, VARY } from './headers.js';

/** Content codings of responses. zstd is several times faster, and requires Node 22.15. */
export type Encoding = 'zstd' | 'gzip';

/** The zstd functions of `node:zlib`, which the types of Node 20 lack. */
interface Zstd {
  createZstdCompress?: (options: object) => Gzip;
  constants: { ZSTD_c_compressionLevel?: number; ZSTD_e_flush?: number };
}
const { createZstdCompress, constants } = zlib as unknown as Zstd;
/** The content codings that a list can be sent in. */
export const ENCODINGS: readonly Encoding[] = createZstdCompress === undefined ? ['gzip'] : ['zstd', 'gzip'];

/** Compression level 1: speed matters more than size, because a list is written once and read once. */
export const LEVEL = 1;
/** Bytes that the encoder collects before it emits them. */
const CHUNK = 64 * 1024;
/** Shorter responses are not compressed: the overhead would exceed the savings. */
const MIN_LENGTH = 2048;

/** Chooses the content coding by `Accept-Encoding` (RFC 9110, 12.5.3). `undefined` means no compression. */
export function encodingOf<Name extends string>(c: Ctx, available: readonly Name[]): Name | undefined {
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

/** Makes a stream that compresses what is written into it. `flush()` emits the bytes that it holds back. */
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

/** A text as a response. Compressed if the client accepts it and the text is long enough. */
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
