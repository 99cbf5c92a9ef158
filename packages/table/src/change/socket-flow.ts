import { type Address, type End, type FlowCursor, parseAddress } from '@conntrack/flow';
import { ORIGINAL_DST, ORIGINAL_SRC, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';

/** Both ends of a socket, as `net.Socket` and `ss` give them. */
export interface SocketEnds {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

const same = (cursor: FlowCursor, end: End, { words }: Address, port: number): boolean =>
  cursor.port(end) === port && words.every((word, i) => cursor.word(end, i as 0 | 1 | 2 | 3) === word);

/**
 * Makes a test for the flow of a socket on this host. A change of many flows skips this flow, so that its caller gets the answer. Address
 * translation makes no difference, because one direction of the flow always has the socket's own addresses.
 *
 * @throws RangeError for text that is not an address
 */
export function flowOfSocket(ends: SocketEnds): (cursor: FlowCursor) => boolean {
  const [local, remote] = [ends.localAddress, ends.remoteAddress].map(text => {
    const address = parseAddress(text.replace(/%.*$/, ''));
    if (address === undefined) throw new RangeError(`'${text}' is not an address`);
    return address;
  }) as [Address, Address];
  const between = (cursor: FlowCursor, src: End, dst: End): boolean =>
    (same(cursor, src, local, ends.localPort) && same(cursor, dst, remote, ends.remotePort)) ||
    (same(cursor, dst, local, ends.localPort) && same(cursor, src, remote, ends.remotePort));
  return cursor => between(cursor, ORIGINAL_SRC, ORIGINAL_DST) || between(cursor, REPLY_SRC, REPLY_DST);
}
