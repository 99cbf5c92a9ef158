import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Ctx } from '../context.js';
import { answerHeaders } from './answer-headers.js';
import type { AnswerStream } from './answer-stream.js';
import { BLOCKS, CHUNKS } from './chunk-pool.js';
import { ENCODINGS, type Encoding, encoder, encodingOf } from './encoding.js';
import { GzipBlocks } from './gzip-blocks.js';
import { COMMON_HEADERS, VARY } from './headers.js';

/** A stream, and the response that the route returns. */
export interface Streaming {
  readonly out: AnswerStream;
  readonly response: Response;
}

class NodeStream implements AnswerStream {
  readonly chunks = CHUNKS;
  onDrain: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly #outgoing: ServerResponse;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
    outgoing.on('drain', () => this.onDrain?.());
    outgoing.once('close', () => this.onClose?.());
    // A broken connection is reported by 'close'.
    outgoing.on('error', () => {});
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    return this.#outgoing.write(bytes, done);
  }
  end(): void {
    this.#outgoing.end();
  }
  cut(): void {
    this.#outgoing.destroy();
  }
}

/**
 * Compresses on the way to the socket. zlib works in a thread of its own, and takes only as much as the socket does.
 */
class EncodedStream implements AnswerStream {
  readonly chunks = BLOCKS;
  onDrain: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly #outgoing: ServerResponse;
  readonly #encoder: ReturnType<typeof encoder>;
  /** Whether each write is flushed at once: the reader of an event stream wants events when they happen. */
  readonly #prompt: boolean;

  constructor(outgoing: ServerResponse, encoding: Encoding, prompt: boolean) {
    this.#outgoing = outgoing;
    this.#prompt = prompt;
    this.#encoder = encoder(encoding);
    const { stream } = this.#encoder;
    stream.on('drain', () => this.onDrain?.());
    stream.on('error', () => outgoing.destroy());
    outgoing.once('close', () => {
      stream.destroy();
      this.onClose?.();
    });
    outgoing.on('error', () => {});
    stream.pipe(outgoing);
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    const { stream, flush } = this.#encoder;
    const more = stream.write(bytes, done);
    if (this.#prompt) flush();
    return more;
  }
  end(): void {
    this.#encoder.stream.end();
  }
  cut(): void {
    this.#outgoing.destroy();
  }
}

/** The stream for an application without a Node server (`app.request()`). */
class WebStream implements AnswerStream {
  readonly chunks = CHUNKS;
  onDrain: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly body: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Callbacks of writes that the reader still has to take. */
  readonly #done: (() => void)[] = [];
  #closed = false;

  constructor() {
    this.body = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller;
        },
        pull: () => {
          for (const done of this.#done.splice(0)) done();
          this.onDrain?.();
        },
        cancel: () => this.#close(),
      },
      { highWaterMark: 1 },
    );
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    if (this.#closed) return false;
    // The reader keeps the bytes, so it gets a copy of memory that is reused. (The slice() of a Buffer is a view, not a
    // copy.)
    this.#controller.enqueue(done === undefined ? bytes : new Uint8Array(bytes));
    const more = this.#controller.desiredSize! > 0;
    if (more) done?.();
    else if (done !== undefined) this.#done.push(done);
    return more;
  }
  end(): void {
    if (!this.#closed) this.#controller.close();
    this.#close();
  }
  cut(error: Error): void {
    if (!this.#closed) this.#controller.error(error);
    this.#close();
  }
  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onClose?.();
  }
}

function streamOf(outgoing: ServerResponse, encoding: Encoding | undefined, prompt: boolean): AnswerStream {
  if (encoding === undefined) return new NodeStream(outgoing);
  // A block with a single record would be too small to compress well.
  return encoding === 'gzip' && !prompt ? new GzipBlocks(outgoing) : new EncodedStream(outgoing, encoding, prompt);
}

/**
 * Starts a streamed response: its headers are sent when this returns. On a Node server the bytes go directly to the
 * socket, or through an encoder if the client accepts compression.
 *
 * @param prompt flush each write at once, compressed or not
 */
export function openAnswerStream(c: Ctx, type: string, { prompt = false }: { prompt?: boolean } = {}): Streaming {
  // `x-accel-buffering` keeps proxies from buffering the response: that would delay events, and fill their disks with
  // lists.
  const headers = { ...COMMON_HEADERS, 'content-type': type, vary: VARY, 'x-accel-buffering': 'no' };
  const outgoing = c.env?.outgoing;
  if (outgoing === undefined) {
    const out = new WebStream();
    return { out, response: new Response(out.body, { headers }) };
  }
  const encoding = encodingOf(c, ENCODINGS);
  outgoing.writeHead(200, { ...headers, ...(encoding && { 'content-encoding': encoding }), ...answerHeaders(c) });
  return { out: streamOf(outgoing, encoding, prompt), response: RESPONSE_ALREADY_SENT };
}
