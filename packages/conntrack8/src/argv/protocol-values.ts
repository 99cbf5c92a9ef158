import { statesOf } from '@conntrack/flow';
import { ParameterError } from '../errors.js';
import { anyBase, decimal } from './numbers.js';
import type { Protocol } from './protocols.js';
import type { Request } from './request.js';

/** The message for an unknown state of a protocol. */
const UNKNOWN_STATE: Readonly<Record<string, string>> = {
  tcp: 'unknown TCP state',
  sctp: 'unknown SCTP state',
  dccp: 'Unknown DCCP state',
};

/**
 * States whose name in conntrack(8) differs from the kernel's header, by protocol: conntrack's name and the kernel's.
 */
const OWN_NAMES: Readonly<Record<number, readonly [own: string, header: string, both: boolean]>> = {
  6: ['LISTEN', 'SYN_SENT2', true],
  33: ['TIMEWAIT', 'TIME_WAIT', false],
};

/** The number of a state. Returns −1 for an unknown name. Names are case-sensitive. */
function stateOf(protonum: number, text: string): number {
  const [own, header, both] = OWN_NAMES[protonum] ?? [];
  if (text === header && both === false) return -1;
  return statesOf(protonum).indexOf(text === own ? header! : text);
}

/** Stores the argument of a protocol's option in the request. @throws ParameterError */
export function readProtocolOption(protocol: Protocol, long: string, text: string, request: Request): void {
  const { field, side } = protocol.options.find(option => option.long === long)!;
  if (field === 'state') {
    const state = stateOf(protocol.number, text);
    if (state < 0) throw new ParameterError(`${UNKNOWN_STATE[protocol.name]} \`${text}'`);
    request.state = state;
  } else if (field === 'role') {
    if (text !== 'client' && text !== 'server') throw new ParameterError(`Unknown DCCP role \`${text}'`);
    request.role = text;
  } else if (field === 'vtag')
    request.vtag[side === 'reply' ? 'reply' : 'original'] = anyBase(text, 'verification tag', 0xffffffff);
  else if (field === 'srckey' || field === 'dstkey') request[side][field] = anyBase(text, 'GRE key', 0xffff);
  else if (field === 'sport' || field === 'dport') request[side][field] = decimal(text, 'port', 0xffff);
  else request[side][field] = decimal(text, `ICMP ${field}`, field === 'id' ? 0xffff : 0xff);
}
