import { FRAME, type FrameKind, frameOf } from './frames.js';

/**
 * Sends a body in frames, never more bytes than the receiver granted. So a slow receiver slows the body's source down,
 * and nothing piles up in the broker.
 */
export class CreditSender {
  readonly #send: (frame: Uint8Array) => void;
  readonly #largest: number;
  #credit: number;
  #seq: number;
  #wake: (() => void) | undefined;
  #stopped = false;

  /** Makes a sender. @param largest maximum bytes of one frame's content; @param first its first sequence number */
  constructor(send: (frame: Uint8Array) => void, largest: number, credit = 0, first = 0) {
    this.#send = send;
    this.#largest = largest;
    this.#credit = credit;
    this.#seq = first;
  }

  /** The receiver takes more. */
  grant(bytes: number): void {
    this.#credit += bytes;
    this.#wake?.();
  }

  /** Ends {@link body} early. Nothing more is sent. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** Sends a body, and its end. Cancels the body when it is stopped. @throws what the body throws */
  async body(body: ReadableStream<Uint8Array> | null): Promise<void> {
    const reader = body?.getReader();
    try {
      while (reader !== undefined && !this.#stopped) {
        const { done, value } = await reader.read();
        if (done) break;
        await this.#chunk(value);
      }
      if (!this.#stopped) this.#frame(FRAME.end);
    } finally {
      // Without effect for a body that was read to its end.
      void reader?.cancel().catch(() => {});
    }
  }

  async #chunk(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      while (this.#credit <= 0 && !this.#stopped) await this.#granted();
      if (this.#stopped) return;
      const to = Math.min(chunk.length, at + this.#largest, at + this.#credit);
      this.#frame(FRAME.data, chunk.subarray(at, to));
      this.#credit -= to - at;
      at = to;
    }
  }

  #frame(kind: FrameKind, bytes?: Uint8Array): void {
    this.#send(frameOf(kind, this.#seq++, bytes));
  }

  async #granted(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}
