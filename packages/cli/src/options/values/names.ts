import { type Family, findProtocol, STATUS_BITS, type StatusName, stateNumber, statesOf } from '@conntrack/flow';
import { statusBit } from '@conntrack/flow/codec';
import { UsageError } from '../../process/usage-error.js';

/** A layer 4 protocol's number from its name or number. @throws UsageError */
export function protocolNumber(text: string): number {
  const protocol = findProtocol(text);
  if (protocol === undefined)
    throw new UsageError(
      `--proto: unknown protocol '${text}'. Use a name (tcp, udp, icmp, sctp, gre …) or a number from 0 to 255`,
    );
  return protocol.number;
}

/** Status bits from a comma list of names, in any case. @throws UsageError */
export function statusList(text: string): StatusName[] {
  return text.split(',').map(name => {
    if (statusBit(name) === 0)
      throw new UsageError(`--status: unknown status bit '${name}'. Status bits: ${STATUS_BITS.join(', ')}`);
    return name.toUpperCase() as StatusName;
  });
}

/** A state's name as the protocol has it. @throws UsageError */
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

/** An address family's name. @throws UsageError */
export function familyName(text: string): Family {
  const family = { ipv4: 'ipv4', 4: 'ipv4', ipv6: 'ipv6', 6: 'ipv6' }[text.toLowerCase()];
  if (family === undefined) throw new UsageError(`--family: must be ipv4 or ipv6, got '${text}'`);
  return family as Family;
}
