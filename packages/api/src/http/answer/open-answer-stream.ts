import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Ctx } from '../context.js';
import { answerHeaders } from './answer-headers.js';
import type { AnswerStream } from './answer-stream.js';
import { BLOCKS, CHUNKS } from './chunk-pool.js';
import { type Encoding, encoder, encodingOf } from './encoding.js';
import { GzipBlocks } from './gzip-blocks.js';
import { COMMON_HEADERS, VARY } from './headers.js';

/** A stream, and what the route answers. */
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
    // A connection that breaks is told by 'close'.
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

/** Encodes on the way to the socket. zlib works on a thread of its own, and takes no more than the socket does. */
class EncodedStream implements AnswerStream {
  readonly chunks = BLOCKS;
  onDrain: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly #outgoing: ServerResponse;
  readonly #encoder: ReturnType<typeof encoder>;
  /** Each write is sent on at once: a stream of events is read as it comes. */
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

/** For an application that no Node server has (`app.request()`). */
class WebStream implements AnswerStream {
  readonly chunks = CHUNKS;
  onDrain: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly body: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Who waits for the reader to take what it was given. */
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
    // The reader keeps what it gets: of memory that is used again it gets a copy (not slice(), a Buffer's is a view).
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
  // Single records would be blocks too small to compress well.
  return encoding === 'gzip' && !prompt ? new GzipBlocks(outgoing) : new EncodedStream(outgoing, encoding, prompt);
}

/**
 * Begins a streamed answer: its head is on the way when this returns. On a Node server the bytes go straight to the socket, or by way of an encoder where
 * the client asked for one.
 *
 * @param prompt each write is sent on at once, compressed or not
 */
export function openAnswerStream(c: Ctx, type: string, { prompt = false }: { prompt?: boolean } = {}): Streaming {
  // A proxy that gathers the answer would hold events back, and fill its disk with lists.
  const headers = { ...COMMON_HEADERS, 'content-type': type, vary: VARY, 'x-accel-buffering': 'no' };
  const outgoing = c.env?.outgoing;
  if (outgoing === undefined) {
    const out = new WebStream();
    return { out, response: new Response(out.body, { headers }) };
  }
  const encoding = encodingOf(c);
  outgoing.writeHead(200, { ...headers, ...(encoding && { 'content-encoding': encoding }), ...answerHeaders(c) });
  return { out: streamOf(outgoing, encoding, prompt), response: RESPONSE_ALREADY_SENT };
}
