import { checked, kernelError, type Operation } from '../wire/error.js';
import { messages, readAnswer } from '../wire/message.js';
import { NLMSG_ERROR } from '../wire/uapi.js';
import type { Native } from './native.js';

/** Long enough for a kernel under load; an answer is there before send(2) returns. */
const PATIENCE = 5000;

/** Where an answer's message stands in {@link Requester.buffer}. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Sends one small request and takes its answer, within the call: some 10 µs. */
export class Requester {
  readonly #addon: Native;
  readonly #fd: number;
  /** What answers are received into; the next request's overwrites it. */
  readonly buffer = new Uint8Array(64 * 1024);

  constructor(addon: Native, fd: number) {
    this.#addon = addon;
    this.#fd = fd;
  }

  /** Where the answer is, until the next request; `undefined` for a bare acknowledgement. @throws NetlinkError with the kernel's errno */
  ask(request: Uint8Array, sequence: number, operation: Operation): Place | undefined {
    const { buffer } = this;
    const addon = this.#addon;
    checked(addon.send(this.#fd, request), operation);
    for (;;) {
      const length = checked(addon.receive(this.#fd, buffer, PATIENCE), operation);
      for (const message of messages(buffer, length)) {
        // An answer to an earlier request that was given up.
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
