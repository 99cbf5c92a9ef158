import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { AnswerStream } from './answer-stream.js';
import { BLOCKS } from './chunk-pool.js';
import { LEVEL } from './encoding.js';

/** RFC 1952: deflate, no name, no time, fastest algorithm, made on Unix. */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3]);
/** A last block that is empty. */
const LAST_BLOCK = Buffer.from([3, 0]);
/** Each block ends at a whole byte and refers to nothing in front of it, so that blocks can follow each other. */
const OPTIONS: zlib.ZlibOptions = {
  level: LEVEL,
  memLevel: 9,
  // Room for what a block usually comes to: each piece more costs a way to the event loop and back.
  chunkSize: BLOCKS.size / 4,
  finishFlush: zlib.constants.Z_SYNC_FLUSH,
};

const deflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** The end of a gzip member: the checksum of the text, and its length. */
function trailer(crc: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(length % 2 ** 32, 4);
  return bytes;
}

/**
 * Compresses each write as a block of its own, several at once on the threads of libuv, into one gzip member. A single stream of `node:zlib` waits for the
 * event loop between any two writes: a list of a large table takes nearly twice as long. What is written is in the memory of its writer until it is sent.
 */
export class GzipBlocks implements AnswerStream {
  readonly chunks = BLOCKS;
  onDrain: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly #outgoing: ServerResponse;
  /** All blocks so far are sent. */
  #sent: Promise<void> = Promise.resolve();
  #crc = 0;
  #length = 0;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
    outgoing.once('close', () => this.onClose?.());
    // A connection that breaks is told by 'close'.
    outgoing.on('error', () => {});
    outgoing.write(HEAD);
  }

  /** False always: how much may be on the way is for the writer to say, by `done`. */
  write(bytes: Uint8Array, done?: () => void): boolean {
    this.#crc = zlib.crc32(bytes, this.#crc);
    this.#length += bytes.length;
    const sent = this.#sent;
    const block = deflate(bytes, OPTIONS);
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
