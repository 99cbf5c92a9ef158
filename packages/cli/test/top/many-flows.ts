import type { NewFlow } from '@conntrack/flow';
import { Namespace } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';

const PORTS = [443, 80, 53, 22];

/** A flow of its own for each number: TCP with two states, and UDP without replies. */
export function flowOf(n: number): NewFlow {
  const [src, dst] = [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, `192.0.2.${n % 50}`];
  const [sport, dport] = [1024 + (n % 60_000), PORTS[n % 4]!];
  const original = { src, dst, sport, dport };
  const timeout = 86_400 + n;
  return n % 3 === 0
    ? { family: 'ipv4', protonum: 17, original, timeout }
    : {
        family: 'ipv4',
        protonum: 6,
        original,
        timeout,
        state: n % 5 === 0 ? 'SYN_SENT' : 'ESTABLISHED',
        status: ['SEEN_REPLY', 'ASSURED'],
      };
}

/** A network namespace with this number of flows, and with accounting. */
export async function manyFlows(count: number): Promise<Namespace> {
  const namespace = Namespace.create();
  await namespace.loopbackUp();
  await namespace.trackingOn();
  namespace.sysctl('netfilter.nf_conntrack_acct', 1);
  const conntrack = Conntrack.open({ netns: namespace.fd });
  try {
    const flows = (function* () {
      for (let n = 0; n < count; n++) yield flowOf(n);
    })();
    for await (const made of conntrack.createMany(flows)) if (made.outcome === 'failed') throw made.error;
  } finally {
    conntrack.close();
  }
  return namespace;
}
