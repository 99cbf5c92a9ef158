import { checked, kernelError, type Operation } from '../wire/error.js';
import { messages, readAnswer } from '../wire/message.js';
import { MessageWriter } from '../wire/writer.js';
import type { Native } from './native.js';

/** Milliseconds to wait: a flush walks the whole table in one system call. */
const PATIENCE = 60_000;

/** Sends one request that may take the kernel long, off the event loop, and waits for its acknowledgement. @throws NetlinkError */
export async function acknowledged(
  addon: Native,
  fd: number,
  operation: Operation,
  sequence: number,
  write: (writer: MessageWriter, sequence: number) => void,
): Promise<void> {
  const writer = new MessageWriter();
  write(writer, sequence);
  const answer = new Uint8Array(8192);
  const length = checked(await addon.exchange(fd, writer.bytes(), answer, sequence, PATIENCE), operation);
  for (const message of messages(answer, length)) {
    const { errno, ...details } = readAnswer(answer, message);
    if (errno !== 0) throw kernelError(operation, errno, details);
  }
}
