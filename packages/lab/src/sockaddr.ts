import { parseAddress } from '@conntrack/flow';
import { AF_INET, AF_INET6 } from '@conntrack/flow/codec';
import { be16, be32, concat, u16 } from './wire/bytes.js';

/** An address as the kernel has it: 4 or 16 bytes in network order. @throws RangeError when the text is none. */
export function addressBytes(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`"${text}" is no IP address`);
  return concat((address.family === 'ipv4' ? address.words.slice(3) : address.words).map(be32));
}

/** sockaddr_in or sockaddr_in6 (netinet/in.h): family in the host's byte order, port and address in network order. */
export function sockaddr(address: string, port: number): Uint8Array {
  const bytes = addressBytes(address);
  return bytes.length === 4
    ? concat([u16(AF_INET), be16(port), bytes, new Uint8Array(8)])
    : concat([u16(AF_INET6), be16(port), be32(0), bytes, be32(0)]);
}
