import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { AnswerStream } from './answer-stream.js';
import { BLOCKS } from './chunk-pool.js';
import { LEVEL } from './encoding.js';

/** The header of a gzip member (RFC 1952): deflate, no name, no time, fastest algorithm, made on Unix. */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3]);
/** An empty final block. */
const LAST_BLOCK = Buffer.from([3, 0]);
/** Each block ends at a byte boundary and refers to nothing before it, so blocks can be concatenated. */
const OPTIONS: zlib.ZlibOptions = {
  level: LEVEL,
  memLevel: 9,
  // The usual size of a compressed block. Each additional piece would cost one more turn of the event loop.
  chunkSize: BLOCKS.size / 4,
  finishFlush: zlib.constants.Z_SYNC_FLUSH,
};

const deflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** The end of a gzip member: the checksum and the length of the text. */
function trailer(crc: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(length % 2 ** 32, 4);
  return bytes;
}

/**
 * Compresses each write as a separate block, several at once on libuv's threads, and sends them as one gzip member. A
 * single stream of `node:zlib` waits for the event loop between two writes, which makes a list of a large table nearly
 * twice as slow. The caller must keep the written memory unchanged until `done` is called.
 */
export class GzipBlocks implements AnswerStream {
  readonly chunks = BLOCKS;
  onDrain: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly #outgoing: ServerResponse;
  /** Resolves when all blocks so far have been sent. */
  #sent: Promise<void> = Promise.resolve();
  #crc = 0;
  #length = 0;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
    outgoing.once('close', () => this.onClose?.());
    // A broken connection is reported by 'close'.
    outgoing.on('error', () => {});
    outgoing.write(HEAD);
  }

  /** Always returns false: the writer limits itself by the calls of `done`. */
  write(bytes: Uint8Array, done?: () => void): boolean {
    this.#crc = zlib.crc32(bytes, this.#crc);
    this.#length += bytes.length;
    const sent = this.#sent;
    const block = deflate(bytes, OPTIONS);
    // It is awaited after the blocks before it. Until then a failure must not count as unhandled.
    block.catch(() => {});
    this.#sent = sent
      .then(() => block)
      .then(compressed => new Promise<void>(resolve => this.#outgoing.write(compressed, () => resolve())))
      .catch(() => this.cut())
      .then(() => {
        done?.();
        this.onDrain?.();
      });
    return false;
  }
  end(): void {
    void this.#sent.then(() => this.#outgoing.end(Buffer.concat([LAST_BLOCK, trailer(this.#crc, this.#length)])));
  }
  cut(): void {
    this.#outgoing.destroy();
  }
}
