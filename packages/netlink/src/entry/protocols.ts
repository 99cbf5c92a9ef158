import { protocolOf } from '@conntrack/flow';

/** Whether a protocol's tuples have ports, by its number. */
export const HAS_PORTS = Array.from({ length: 256 }, (_, number) => protocolOf(number).kind === 'ports');
export const ICMP = 1;
export const ICMPV6 = 58;
export const GRE = 47;
