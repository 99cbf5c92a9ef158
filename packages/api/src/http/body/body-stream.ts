import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Ctx } from '../context.js';
import { Problem } from '../problem/problems.js';
import { timeSlices } from '../time-slice.js';
import { arriving, bodyTimeOf } from './body-arrival.js';

type Bytes = AsyncIterable<Uint8Array>;

const tooLarge = (limit: number, what: string): Problem =>
  new Problem('body-too-large', `${what} has more than ${limit} bytes, the maximum here; split it`);

async function* counted(chunks: Bytes | [], limit: number, what: string): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit, what);
    yield chunk;
  }
}

/** The chunks of a body, the first with at least two bytes if the body has as many. */
async function* withHead(chunks: Bytes): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of chunks) {
    if (head === undefined) yield chunk;
    else {
      head = Buffer.concat([head, chunk]);
      if (head.length < 2) continue;
      yield head;
      head = undefined;
    }
  }
  if (head !== undefined && head.length > 0) yield head;
}

const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;

async function* gunzipped(chunks: Bytes): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // Errors are thrown by the loop below.
  pipeline(Readable.from(chunks), gunzip, () => {});
  try {
    yield* gunzip as Bytes;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('body-invalid', 'the gzip data of the body is truncated or damaged', {}, {}, error);
  }
}

async function* plain(chunks: Bytes, limit: number): AsyncGenerator<Uint8Array> {
  const all = withHead(chunks);
  const first = await all.next();
  if (first.done) return;
  async function* again(): AsyncGenerator<Uint8Array> {
    yield first.value as Uint8Array;
    yield* all;
  }
  if (!isGzip(first.value)) {
    yield* again();
    return;
  }
  const inner = withHead(counted(gunzipped(again()), limit, 'the decompressed body'));
  let begun = false;
  for await (const chunk of inner) {
    // A later stage would decompress a doubly compressed body, without a size limit.
    if (!begun && isGzip(chunk)) throw new Problem('body-invalid', 'the body is compressed twice; compress it once');
    begun = true;
    yield chunk;
  }
}

/** The size of a piece in bytes, and the milliseconds that its processing should take. */
const PIECE = { least: 1024, most: 64 * 1024 };
const QUICK = 2;
const SLOW = 8;

/**
 * Splits chunks into pieces that are processed quickly, and lets other requests run in between. A rejected line takes
 * longer than a flow.
 */
async function* paced(chunks: Bytes): AsyncGenerator<Uint8Array> {
  const pause = timeSlices();
  let size = PIECE.least;
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + size);
      at += piece.byteLength;
      const from = performance.now();
      yield piece;
      const taken = performance.now() - from;
      if (taken > SLOW) size = Math.max(PIECE.least, size / 2);
      else if (taken < QUICK) size = Math.min(PIECE.most, size * 2);
      await pause();
    }
}

/** Limits of a large body. */
export interface UploadLimits {
  /** Maximum bytes, compressed and decompressed. */
  readonly bytes: number;
  /** Milliseconds in which the body must arrive. */
  readonly time: number;
  /** Bytes a second at which the body must arrive once it takes longer than an ordinary body may. */
  readonly rate: number;
}

/**
 * A large body as it arrives, no faster than the caller reads it. gzip is decompressed.
 *
 * @throws Problem `body-too-large`, `request-timeout`, `client-left`; `body-invalid` for damaged gzip data
 */
export function bodyChunks(c: Ctx, { bytes: limit, time, rate }: UploadLimits): AsyncGenerator<Uint8Array> {
  if (Number(c.req.header('content-length') ?? 0) > limit) throw tooLarge(limit, 'the body');
  const known = c.get('body')?.text;
  if (known !== undefined)
    return Readable.from([Buffer.from(known)])[Symbol.asyncIterator]() as AsyncGenerator<Uint8Array>;
  const chunks = arriving(c, () => ({ patience: bodyTimeOf(c), rate, time }));
  return paced(plain(counted(chunks, limit, 'the body'), limit));
}
