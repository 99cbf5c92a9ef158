import { native } from '../../socket/native.js';
import { LITTLE } from '../../wire/endianness.js';
import {
  AF_NETLINK,
  NETLINK_EXT_ACK,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
} from '../../wire/uapi.js';
import { checked, LabError } from '../error.js';
import { concat } from './attributes.js';
import { SEQUENCE, type Step } from './message.js';

const SOCK_RAW = 3;
const SOL_NETLINK = 270;
const HEADER = 16;
const PATIENCE = 10_000;

/** Asks for the acknowledgement of the last step alone: the first datagram that comes is then it, or the first error. */
function requestOf(steps: readonly Step[]): Uint8Array {
  const acknowledged = steps.findLastIndex(({ edge }) => edge !== true);
  return concat(
    steps.map(({ message }, at) => {
      if (at !== acknowledged) return message;
      const asking = message.slice();
      asking[6]! |= LITTLE ? NLM_F_ACK : 0;
      asking[7]! |= LITTLE ? 0 : NLM_F_ACK;
      return asking;
    }),
  );
}

/** Whether the kernel echoes this message: all of it but the flags, which the acknowledgement changes. */
const echoes = (echoed: Uint8Array, message: Uint8Array): boolean =>
  message.every((byte, at) => byte === echoed[at] || at === 6 || at === 7);

/** NLMSGERR_ATTR_MSG, the kernel's own sentence, behind the echoed request. */
function kernelSentence(answer: Uint8Array, at: number): string | undefined {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  while (at + 4 <= answer.length) {
    const length = view.getUint16(at, LITTLE);
    if (length < 4 || at + length > answer.length) return undefined;
    if (view.getUint16(at + 2, LITTLE) === NLMSGERR_ATTR_MSG)
      return new TextDecoder().decode(answer.subarray(at + 4, at + length)).replace(/\0+$/, '');
    at += (length + 3) & ~3;
  }
  return undefined;
}

/** nlmsgerr: an errno and the message that it is about, all of it when it failed. */
function verdict(answer: Uint8Array, steps: readonly Step[]): void {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  if (answer.length < HEADER + 4 || view.getUint16(4, LITTLE) !== NLMSG_ERROR)
    throw new LabError(steps[0]!.name, undefined, 'the kernel answered something that is no acknowledgement');
  const errno = -view.getInt32(HEADER, LITTLE);
  if (errno === 0) return;
  const echoed = answer.subarray(HEADER + 4);
  const failed = steps.find(({ message }) => echoes(echoed, message));
  const flags = view.getUint16(6, LITTLE);
  const sentence =
    (flags & NLM_F_ACK_TLVS) === 0 || echoed.length < HEADER
      ? undefined
      : kernelSentence(answer, HEADER + 4 + ((view.getUint32(HEADER + 4, LITTLE) + 3) & ~3));
  throw new LabError((failed ?? steps[0]!).name, errno, sentence);
}

function withSocket<T>(netns: number, protocol: number, use: (fd: number) => T): T {
  const fd = checked(native().socket(AF_NETLINK, SOCK_RAW, protocol, netns), 'open a netlink socket');
  native().setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  const close = () => native().close(fd);
  let result: T;
  try {
    result = use(fd);
  } catch (error) {
    close();
    throw error;
  }
  if (result instanceof Promise) return result.finally(close) as T;
  close();
  return result;
}

/**
 * Sends the steps in one datagram and waits for the kernel, off the event loop.
 * @throws LabError naming the step that the kernel refused.
 */
export async function transact(netns: number, protocol: number, steps: readonly Step[]): Promise<void> {
  await withSocket(netns, protocol, async fd => {
    const answer = new Uint8Array(32_768);
    const length = await native().exchange(fd, requestOf(steps), answer, SEQUENCE, PATIENCE);
    verdict(answer.subarray(0, checked(length, steps[0]!.name)), steps);
  });
}

/**
 * Asks one thing, off the event loop.
 * @returns the answer, with the acknowledgement behind it
 * @throws LabError when the kernel refuses
 */
export function query(netns: number, protocol: number, step: Step): Promise<Uint8Array> {
  return withSocket(netns, protocol, async fd => {
    const into = new Uint8Array(32_768);
    const length = await native().exchange(fd, requestOf([step]), into, SEQUENCE, PATIENCE);
    const answer = into.subarray(0, checked(length, step.name));
    const type = new DataView(answer.buffer, 0, answer.length).getUint16(4, LITTLE);
    if (type === NLMSG_ERROR) verdict(answer, [step]);
    return answer;
  });
}

/** {@link transact} on the calling thread, for probing. */
export function transactSync(netns: number, protocol: number, steps: readonly Step[]): void {
  withSocket(netns, protocol, fd => {
    const answer = new Uint8Array(32_768);
    checked(native().send(fd, requestOf(steps)), steps[0]!.name);
    verdict(answer.subarray(0, checked(native().receive(fd, answer, PATIENCE), steps[0]!.name)), steps);
  });
}
