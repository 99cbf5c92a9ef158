import { parseAddress } from '@conntrack/flow';
import { AF_INET, AF_INET6 } from '@conntrack/flow/codec';
import { be16, be32, concat, u16 } from './wire/bytes.js';

/** Converts an address to the kernel's form: 4 or 16 bytes in network order. @throws RangeError for other text */
export function addressBytes(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`'${text}' is not an IP address`);
  return concat((address.family === 'ipv4' ? address.words.slice(3) : address.words).map(be32));
}

/** Makes a sockaddr_in or sockaddr_in6 (netinet/in.h): family in host byte order, port and address in network order. */
export function sockaddr(address: string, port: number): Uint8Array {
  const bytes = addressBytes(address);
  return bytes.length === 4
    ? concat([u16(AF_INET), be16(port), bytes, new Uint8Array(8)])
    : concat([u16(AF_INET6), be16(port), be32(0), bytes, be32(0)]);
}
