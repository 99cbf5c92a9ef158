import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { flowOfSocket } from '../../src/index.js';

const flow = (original: Flow['original'], reply: Flow['reply']): FlowObjectCursor =>
  new FlowObjectCursor({
    family: original.src.includes(':') ? 'ipv6' : 'ipv4',
    protocol: 'tcp',
    protonum: 6,
    original,
    reply,
  });
const tuple = (src: string, sport: number, dst: string, dport: number) => ({ src, sport, dst, dport });
const socket = (localAddress: string, localPort: number, remoteAddress: string, remotePort: number) =>
  flowOfSocket({ localAddress, localPort, remoteAddress, remotePort });

describe('the flow of a socket', () => {
  const plain = flow(tuple('10.0.0.2', 4000, '10.0.0.1', 8080), tuple('10.0.0.1', 8080, '10.0.0.2', 4000));
  it('the flow of a socket is recognized at either end', () => {
    expect(socket('10.0.0.1', 8080, '10.0.0.2', 4000)(plain)).toBe(true);
    expect(socket('10.0.0.2', 4000, '10.0.0.1', 8080)(plain)).toBe(true);
  });
  it('the flow of a dual-stack socket is recognized by its addresses', () => {
    expect(socket('::ffff:10.0.0.1', 8080, '::ffff:10.0.0.2', 4000)(plain)).toBe(true);
  });
  it('the flow of a socket is recognized behind a port forward, and behind masquerading', () => {
    const forwarded = flow(
      tuple('198.51.100.9', 4000, '203.0.113.1', 80),
      tuple('10.0.0.1', 8080, '198.51.100.9', 4000),
    );
    expect(socket('10.0.0.1', 8080, '198.51.100.9', 4000)(forwarded)).toBe(true);
    const masked = flow(tuple('10.0.0.1', 5000, '198.51.100.9', 443), tuple('198.51.100.9', 443, '203.0.113.1', 61000));
    expect(socket('10.0.0.1', 5000, '198.51.100.9', 443)(masked)).toBe(true);
  });
  it('another flow is not the flow of the socket', () => {
    for (const other of [
      socket('10.0.0.1', 8080, '10.0.0.2', 4001),
      socket('10.0.0.1', 8081, '10.0.0.2', 4000),
      socket('10.0.0.3', 8080, '10.0.0.2', 4000),
      socket('10.0.0.1', 4000, '10.0.0.2', 8080),
    ])
      expect(other(plain)).toBe(false);
  });
  it('the flow of a socket may be link-local, with a scope', () => {
    const local = flow(tuple('fe80::2', 4000, 'fe80::1', 8080), tuple('fe80::1', 8080, 'fe80::2', 4000));
    expect(socket('fe80::1%eth0', 8080, 'fe80::2%eth0', 4000)(local)).toBe(true);
  });
  it('the ends of a socket need addresses', () =>
    expect(() => socket('localhost', 1, '10.0.0.1', 2)).toThrow(RangeError));
});
