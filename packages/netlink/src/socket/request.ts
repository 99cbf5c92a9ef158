import { checked, kernelError, type Operation } from '../wire/error.js';
import { afterMessage, messageAt, readAnswer } from '../wire/message.js';
import { NLMSG_ERROR } from '../wire/uapi.js';
import type { Native } from './native.js';

/** Milliseconds to wait. This is long enough for a busy kernel: usually the answer is there before send(2) returns. */
const PATIENCE = 5000;

/** Where the message of an answer is in {@link Requester.buffer}. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Sends one small request and receives its answer synchronously, in about 10 µs. */
export class Requester {
  readonly #addon: Native;
  readonly #fd: number;
  /** The buffer for answers. The next request overwrites it. */
  readonly buffer = new Uint8Array(64 * 1024);
  readonly #view = new DataView(this.buffer.buffer);

  constructor(addon: Native, fd: number) {
    this.#addon = addon;
    this.#fd = fd;
  }

  /** Returns where the answer is, valid until the next request; `undefined` for an acknowledgement. @throws NetlinkError with the kernel's errno */
  ask(request: Uint8Array, sequence: number, operation: Operation): Place | undefined {
    const { buffer } = this;
    const addon = this.#addon;
    checked(addon.send(this.#fd, request), operation);
    for (;;) {
      const length = checked(addon.receive(this.#fd, buffer, PATIENCE), operation);
      // Not a generator, which would cost a tenth of the look-up.
      for (let at = 0; at < length; ) {
        const message = messageAt(this.#view, at, length);
        at = afterMessage(message);
        // This is an answer to an earlier request that was abandoned.
        if (message.sequence !== sequence) continue;
        if (message.type !== NLMSG_ERROR) return message;
        const { errno, ...details } = readAnswer(buffer, message);
        if (errno !== 0) throw kernelError(operation, errno, details);
        return undefined;
      }
    }
  }

  close(): void {
    this.#addon.close(this.#fd);
  }
}
