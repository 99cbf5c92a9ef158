import { type Family, findProtocol, STATUS_BITS, type StatusName, stateNumber, statesOf } from '@conntrack/flow';
import { statusBit } from '@conntrack/flow/codec';
import { UsageError } from '../../process/usage-error.js';

/** The number of a protocol, from its name or number. @throws UsageError */
export function protocolNumber(text: string): number {
  const protocol = findProtocol(text);
  if (protocol === undefined)
    throw new UsageError(
      `--proto: unknown protocol '${text}'. Use a name (tcp, udp, icmp, sctp, gre …) or a number from 0 to 255`,
    );
  return protocol.number;
}

/** Parses a comma-separated list of status bit names, in upper or lower case. @throws UsageError */
export function statusList(text: string): StatusName[] {
  return text.split(',').map(name => {
    if (statusBit(name) === 0)
      throw new UsageError(`--status: unknown status bit '${name}'. Status bits: ${STATUS_BITS.join(', ')}`);
    return name.toUpperCase() as StatusName;
  });
}

/** The canonical name of a protocol's state. @throws UsageError */
export function stateFor(protonum: number, text: string): string {
  if (stateNumber(protonum, text) < 0) {
    const states = statesOf(protonum);
    throw new UsageError(
      states.length === 0
        ? `--state: protocol ${protonum} has no states`
        : `--state: unknown state '${text}'. States of this protocol: ${states.join(', ')}`,
    );
  }
  return text.toUpperCase();
}

/** Parses the name of an address family. @throws UsageError */
export function familyName(text: string): Family {
  const family = { ipv4: 'ipv4', 4: 'ipv4', ipv6: 'ipv6', 6: 'ipv6' }[text.toLowerCase()];
  if (family === undefined) throw new UsageError(`--family: must be ipv4 or ipv6, got '${text}'`);
  return family as Family;
}
