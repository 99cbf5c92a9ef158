import {
  AF_NETLINK,
  LITTLE,
  messages,
  NETLINK_EXT_ACK,
  NLM_F_ACK,
  NLMSG_ERROR,
  native,
  readAnswer,
} from '@conntrack/netlink/raw';
import { checked, LabError } from '../error.js';
import { concat } from './bytes.js';
import { SEQUENCE, type Step } from './message.js';

const SOCK_RAW = 3;
const SOL_NETLINK = 270;
const HEADER = 16;
const PATIENCE = 10_000;

/** Requests only the acknowledgement of the last step: the first received datagram is then the acknowledgement, or the first error. */
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

/** Whether the kernel's answer contains this message. The flags are not compared, because requesting the acknowledgement changes them. */
const echoes = (echoed: Uint8Array, message: Uint8Array): boolean =>
  message.every((byte, at) => byte === echoed[at] || at === 6 || at === 7);

/** Reads the kernel's acknowledgement: an errno, and the message that it is about (the whole message if it failed). */
function verdict(bytes: Uint8Array, steps: readonly Step[]): void {
  const [first] = messages(bytes);
  if (first?.type !== NLMSG_ERROR)
    throw new LabError(steps[0]!.name, undefined, "the kernel's answer is not an acknowledgement");
  const { errno, kernelMessage } = readAnswer(bytes, first);
  if (errno === 0) return;
  const echoed = bytes.subarray(first.start + HEADER + 4, first.end);
  const failed = steps.find(({ message }) => echoes(echoed, message));
  throw new LabError((failed ?? steps[0]!).name, errno, kernelMessage);
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
 * Sends the steps in one datagram, and waits for the kernel off the event loop.
 *
 * @throws LabError, which names the step that the kernel refused
 */
export async function transact(netns: number, protocol: number, steps: readonly Step[]): Promise<void> {
  await withSocket(netns, protocol, async fd => {
    const answer = new Uint8Array(32_768);
    const length = await native().exchange(fd, requestOf(steps), answer, SEQUENCE, PATIENCE);
    verdict(answer.subarray(0, checked(length, steps[0]!.name)), steps);
  });
}

/**
 * Sends one request off the event loop.
 *
 * @returns the answer, followed by the acknowledgement
 *
 * @throws LabError if the kernel refuses
 */
export function query(netns: number, protocol: number, step: Step): Promise<Uint8Array> {
  return withSocket(netns, protocol, async fd => {
    const into = new Uint8Array(32_768);
    const length = await native().exchange(fd, requestOf([step]), into, SEQUENCE, PATIENCE);
    const answer = into.subarray(0, checked(length, step.name));
    if ([...messages(answer)][0]?.type === NLMSG_ERROR) verdict(answer, [step]);
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
