import { setTimeout as delay } from 'node:timers/promises';
import { eachAttribute, messages, native } from '@conntrack/netlink/raw';
import { LabError } from '../error.js';
import { linkState, NETLINK_ROUTE, RTM_NEWLINK } from './rtnetlink.js';
import { query } from './transact.js';

// linux/if_link.h, linux/if.h: RFC 2863's ifOperStatus
const IFLA_OPERSTATE = 16;
const IF_OPER_UP = 6;
/** nlmsghdr and ifinfomsg. */
const ATTRIBUTES = 32;
const PATIENCE = 10_000;

/** Reads the operational state of a link from an answer of RTM_GETLINK; returns 0 (unknown) if it is missing. */
function operState(answer: Uint8Array): number {
  const [link] = messages(answer);
  let state = 0;
  if (link?.type === RTM_NEWLINK)
    eachAttribute(
      new DataView(answer.buffer, answer.byteOffset, answer.byteLength),
      link.start + ATTRIBUTES,
      link.end,
      (type, start) => {
        if (type === IFLA_OPERSTATE) state = answer[start]!;
      },
    );
  return state;
}

// linux/if_addr.h. In /proc/net/if_inet6 it is in the fifth column.
const IFA_F_TENTATIVE = 0x40;

/** Whether some IPv6 address must not be used yet. Reads the thread's own /proc, because /proc/net is that of the process. */
function tentative(netns: number): boolean {
  const into = new Uint8Array(16_384);
  const length = native().readFile(netns, '/proc/thread-self/net/if_inet6', into);
  if (length < 0) return false;
  const lines = new TextDecoder().decode(into.subarray(0, length)).split('\n');
  return lines.some(line => (Number.parseInt(line.split(/ +/)[4] ?? '0', 16) & IFA_F_TENTATIVE) !== 0);
}

/**
 * Waits until links carry packets. A veth that was set up drops packets until a worker of the kernel (linkwatch) has found its carrier. An
 * IPv6 address is tentative until another worker has handled it, even without duplicate address detection. Both may happen after the
 * acknowledgement; a lost first packet would be repeated only a second later.
 *
 * @throws LabError if it takes longer than ten seconds
 */
export async function linksUsable(netns: number, indices: readonly number[]): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  const until = async (step: string, usable: () => Promise<boolean>): Promise<void> => {
    while (!(await usable())) {
      if (performance.now() > deadline) throw new LabError(step, undefined, 'the link was not ready in time');
      await delay(1);
    }
  };
  for (const step of indices.map(linkState))
    await until(step.name, async () => operState(await query(netns, NETLINK_ROUTE, step)) === IF_OPER_UP);
  await until('wait for the IPv6 addresses', async () => !tentative(netns));
}
