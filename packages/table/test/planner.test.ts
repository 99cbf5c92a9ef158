import { parseQuery } from '@conntrack/filter';
import { describe, expect, it } from 'vitest';
import { planKernel } from '../src/index.js';

const plan = (query: string) => planKernel(parseQuery(query).filter);
const dumps = (query: string) => {
  const made = plan(query);
  if (made.kind !== 'dumps') throw new Error('a look-up');
  return made.filters;
};

describe('the planner pushes', () => {
  it.each([
    ['family=ipv6', [{ family: 'ipv6' }]],
    ['src=10.0.0.1', [{ family: 'ipv4', original: { src: '10.0.0.1' } }]],
    ['reply.dst=203.0.113.7', [{ family: 'ipv4', reply: { dst: '203.0.113.7' } }]],
    [
      'proto=tcp',
      [
        { family: 'ipv4', protonum: 6 },
        { family: 'ipv6', protonum: 6 },
      ],
    ],
    ['proto=tcp&state=ESTABLISHED&family=ipv4', [{ family: 'ipv4', protonum: 6 }]],
    ['proto=udp&dport=53&family=ipv6', [{ family: 'ipv6', protonum: 17, original: { dport: 53 } }]],
    [
      'src=10.0.0.1,10.0.0.2',
      [
        { family: 'ipv4', original: { src: '10.0.0.1' } },
        { family: 'ipv4', original: { src: '10.0.0.2' } },
      ],
    ],
    ['mark=0x10/0xff', [{ mark: 0x10, markMask: 0xff }]],
    ['mark=0', [{ mark: 0, markMask: 0xffffffff }]],
    ['unreplied', [{ status: 0, statusMask: 2 }]],
    ['assured&unreplied.exists=true', [{ status: 4, statusMask: 6 }]],
    ['zone=7', [{ zone: 7 }]],
    ['zone=0', [{ zone: 0 }]],
  ])('%s', (query, filters) => expect(dumps(query)).toEqual(filters));

  it('an exact tuple in a zone as look-ups; one of another zone than 0 also in zone 0, where its zone may be that of the reply alone', () => {
    const ref = { family: 'ipv4', protonum: 6, original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 } };
    const exact = 'proto=tcp&src=10.0.0.1&dst=10.0.0.2&sport=1&dport=2';
    expect(plan(`${exact}&zone=3`)).toMatchObject({ kind: 'lookup', refs: [{ ...ref, zone: 3 }, ref] });
    expect(plan(`${exact}&zone=0`)).toMatchObject({ kind: 'lookup', refs: [ref] });
    expect(plan(exact).kind).toBe('dumps');
  });
});

describe('the planner never pushes', () => {
  it.each([
    ['src=2001:db8::1', 'IPv6 addresses: the kernel matches them the wrong way round', [{ family: 'ipv6' }]],
    [
      'proto=sctp&dport=9999&family=ipv4',
      'ports of other protocols: the kernel ignores them',
      [{ family: 'ipv4', protonum: 132 }],
    ],
    ['dport=443', 'ports without a protocol', [{}]],
    ['src=10.0.0.0/8', 'prefixes', [{}]],
    ['src.not=10.0.0.1', 'negations', [{}]],
    ['state=ESTABLISHED', 'states', [{}]],
    ['mark=1,2,3,4,5', 'long lists', [{}]],
    ['status=assured,seen_reply', 'an OR of status bits', [{}]],
    ['bytes>=1M', 'counters', [{}]],
    [
      'proto=icmp&icmp.type=3&family=ipv4',
      'ICMP types that make no entry: the kernel refuses them',
      [{ family: 'ipv4', protonum: 1 }],
    ],
  ])('%s – %s', (query, _why, filters) => {
    const pushed = dumps(query);
    const text = JSON.stringify(pushed);
    expect(text).not.toContain('2001:');
    expect(pushed.length === 1 && Object.keys(pushed[0]!).length === 0 ? [{}] : pushed).toEqual(filters);
  });
});
