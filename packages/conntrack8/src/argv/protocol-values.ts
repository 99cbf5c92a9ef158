import { statesOf } from '@conntrack/flow';
import { ParameterError } from '../errors.js';
import { anyBase, decimal } from './numbers.js';
import type { Protocol } from './protocols.js';
import type { Request } from './request.js';

/** How a protocol's unknown state is called. */
const UNKNOWN_STATE: Readonly<Record<string, string>> = {
  tcp: 'unknown TCP state',
  sctp: 'unknown SCTP state',
  dccp: 'Unknown DCCP state',
};

/** States that conntrack(8) names otherwise than the kernel's header: by protocol, its name and the other. */
const OWN_NAMES: Readonly<Record<number, readonly [own: string, header: string, both: boolean]>> = {
  6: ['LISTEN', 'SYN_SENT2', true],
  33: ['TIMEWAIT', 'TIME_WAIT', false],
};

/** A state's number by its name, whose case counts; −1 when there is none with that name. */
function stateOf(protonum: number, text: string): number {
  const [own, header, both] = OWN_NAMES[protonum] ?? [];
  if (text === header && both === false) return -1;
  return statesOf(protonum).indexOf(text === own ? header! : text);
}

/** Puts the argument of a protocol's option where it belongs. @throws ParameterError */
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
