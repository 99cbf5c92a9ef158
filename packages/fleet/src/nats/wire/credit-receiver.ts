import { FRAME, type Frame } from './frames.js';

/** Bytes that a receiver takes at first, and at most, before its reader has read them. */
export const FIRST_CREDIT = 64 * 1024;
const MOST_CREDIT = 1024 * 1024;

/** What a receiver tells its sender. */
export interface ReceiverEvents {
  /** The sender may send this number of further bytes. */
  grant(bytes: number): void;
  /** The reader left: the sender should stop. */
  left(): void;
}

/**
 * Receives a body in frames as a stream. It grants new credit when its reader has read the old one, and more of it
 * while the reader waits for the network, so that a fast reader is not slowed by a long way.
 */
export class CreditReceiver {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #events: ReceiverEvents;
  readonly #waiting: Uint8Array[] = [];
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** The sequence number of the next frame. */
  #next: number;
  #window: number;
  /** Bytes that were read and not granted again. */
  #read = 0;
  #pulled: (() => void) | undefined;
  #closed = false;
  /** The end has arrived, but the reader has not read everything. */
  #complete = false;

  /** Makes a receiver. @param credit the bytes that the sender may send at first; @param first the first sequence number */
  constructor(events: ReceiverEvents, credit = FIRST_CREDIT, first = 0) {
    this.#events = events;
    this.#window = credit;
    this.#next = first;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => {
          this.#closed = true;
          this.#waiting.length = 0;
          events.left();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * Takes a `data` or `end` frame. A missing frame breaks the stream off: a body with a hole must not look complete.
   * Returns whether the body is complete or broken.
   */
  take({ kind, seq, bytes }: Frame): boolean {
    if (this.#closed) return true;
    if (seq !== this.#next) {
      this.fail(new Error(`${seq - this.#next} messages of the body were lost on the way`));
      return true;
    }
    this.#next++;
    if (kind === FRAME.end) this.#complete = true;
    else this.#waiting.push(bytes);
    this.#pulled?.();
    return this.#complete;
  }

  /** Breaks the stream off. */
  fail(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.length = 0;
    this.#controller.error(error);
    this.#pulled?.();
  }

  async #pull(): Promise<void> {
    if (this.#waiting.length === 0 && !this.#complete) {
      this.#widen();
      await new Promise<void>(resolve => {
        this.#pulled = resolve;
      });
      this.#pulled = undefined;
    }
    if (this.#closed) return;
    const bytes = this.#waiting.shift();
    if (bytes !== undefined) {
      this.#controller.enqueue(bytes);
      this.#read += bytes.length;
      if (this.#read * 2 >= this.#window) this.#grant();
    } else if (this.#complete) {
      this.#closed = true;
      this.#controller.close();
    }
  }

  /** The reader waits: everything that was granted arrives too late. */
  #widen(): void {
    if (this.#read === 0 || this.#window >= MOST_CREDIT) return;
    this.#read += this.#window;
    this.#window *= 2;
    this.#grant();
  }

  #grant(): void {
    if (this.#complete) return;
    this.#events.grant(this.#read);
    this.#read = 0;
  }
}
