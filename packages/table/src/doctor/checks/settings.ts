import type { TableFacts } from '../../source/facts.js';
import { type Check, NEWER, sysctl, unknown } from '../check.js';

/**
 * Bytes of a socket's buffer that an unread event takes up, and the number of events that a listener should have room for (see
 * TableEventOptions.buffer).
 */
const BYTES_PER_EVENT = 1280;
const EVENTS = 50_000;
const ROOM = EVENTS * BYTES_PER_EVENT;

const recorded =
  (read: (facts: TableFacts) => number | undefined, name: string, effect: string): Check =>
  ({ facts }) => {
    const value = read(facts);
    // Other settings can be read, so this one does not exist.
    if (value === undefined && facts.buckets !== undefined)
      return { status: 'note', found: `this kernel was built without ${name}`, effect, fix: NEWER };
    if (value === undefined) return unknown(`net.netfilter.${name}`);
    return value === 0
      ? { status: 'note', found: `${name} is 0`, effect, fix: `${sysctl(name, 1)} (applies to new connections)` }
      : { status: 'ok', found: `${name} is ${value}` };
  };

/** What the settings of the kernel mean for those who read the table. */
export const SETTINGS_CHECKS: Readonly<Record<string, Check>> = {
  accounting: recorded(
    ({ accounting }) => accounting,
    'nf_conntrack_acct',
    'packets and bytes are absent, and filters on them are refused',
  ),
  timestamps: recorded(
    ({ timestamps }) => timestamps,
    'nf_conntrack_timestamp',
    'start times are absent, and filters on age are refused',
  ),
  events: ({ facts: { eventsMode } }) => {
    if (eventsMode === undefined) return unknown('net.netfilter.nf_conntrack_events');
    if (eventsMode === 1) return { status: 'ok', found: 'every connection sends events' };
    return {
      status: 'note',
      found: `nf_conntrack_events is ${eventsMode}`,
      effect:
        eventsMode === 0
          ? 'no program receives events'
          : 'connections that are older than the first listener send no events',
      fix: `${sysctl('nf_conntrack_events', 1)} (applies to new connections)`,
    };
  },
  receiveBuffer: ({ facts: { rmemMax } }) => {
    if (rmemMax === undefined) return unknown('net.core.rmem_max');
    const found = `net.core.rmem_max is ${rmemMax}: ${Math.floor(rmemMax / BYTES_PER_EVENT)} unread events`;
    return rmemMax * 2 >= ROOM
      ? { status: 'ok', found }
      : {
          status: 'note',
          found,
          effect:
            'a listener without CAP_NET_ADMIN on the host (for example in a container) cannot exceed it, and loses events in a burst',
          fix: `sysctl -w net.core.rmem_max=${ROOM / 2}`,
        };
  },
  tcpLoose: ({ facts: { tcpLoose } }) => {
    if (tcpLoose === undefined) return unknown('net.netfilter.nf_conntrack_tcp_loose');
    return tcpLoose === 0
      ? { status: 'ok', found: 'a TCP connection in mid-stream is not picked up' }
      : {
          status: 'note',
          found: 'nf_conntrack_tcp_loose is 1',
          effect: 'a deleted TCP connection that continues to send gets a new entry',
          fix: `${sysctl('nf_conntrack_tcp_loose', 0)}, or drop its packets with a firewall rule first`,
        };
  },
};
