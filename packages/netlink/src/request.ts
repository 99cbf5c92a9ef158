import { checked, kernelError, type Operation } from './error.js';
import { messages, readAnswer } from './message.js';
import type { Native } from './native.js';
import { NLMSG_ERROR } from './uapi.js';

/** Long enough for a kernel under load; an answer is there before send(2) returns. */
const PATIENCE = 5000;

/** Sends one small request and takes its answer, within the call: some 15 µs. */
export class Requester {
  readonly #addon: Native;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(64 * 1024);

  constructor(addon: Native, fd: number) {
    this.#addon = addon;
    this.#fd = fd;
  }

  /** The answer's message as bytes of its own; `undefined` for a bare acknowledgement. @throws NetlinkError with the kernel's errno */
  ask(request: Uint8Array, sequence: number, operation: Operation): Uint8Array | undefined {
    const addon = this.#addon;
    checked(addon.send(this.#fd, request), operation);
    for (;;) {
      const length = checked(addon.receive(this.#fd, this.#buffer, PATIENCE), operation);
      for (const message of messages(this.#buffer, length)) {
        // An answer to an earlier request that was given up.
        if (message.sequence !== sequence) continue;
        if (message.type !== NLMSG_ERROR) return this.#buffer.slice(message.start, message.end);
        const { errno, ...details } = readAnswer(this.#buffer, message);
        if (errno !== 0) throw kernelError(operation, errno, details);
        return undefined;
      }
    }
  }

  close(): void {
    this.#addon.close(this.#fd);
  }
}
