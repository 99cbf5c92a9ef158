import { FIELDS, parseExpression, parseQuery } from '@conntrack/filter';
import { describe, expect, it, test } from 'vitest';
import { planKernel } from '../../../src/source/kernel/planner.js';

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
  ])('the planner pushes: %s', (query, filters) => expect(dumps(query)).toEqual(filters));

  it('an exact tuple in a zone becomes look-ups; in a zone other than 0 also one in zone 0, for a zone of the reply direction', () => {
    const ref = { family: 'ipv4', protonum: 6, original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 } };
    const exact = 'proto=tcp&src=10.0.0.1&dst=10.0.0.2&sport=1&dport=2';
    expect(plan(`${exact}&zone=3`)).toMatchObject({ kind: 'lookup', refs: [{ ...ref, zone: 3 }, ref] });
    expect(plan(`${exact}&zone=0`)).toMatchObject({ kind: 'lookup', refs: [ref] });
    expect(plan(exact).kind).toBe('dumps');
  });

  it('a tuple with missing or several values does not become a look-up', () => {
    const parts = ['zone=3', 'proto=udp', 'src=10.0.0.1', 'dst=10.0.0.2', 'sport=1', 'dport=2'];
    expect(plan(parts.join('&'))).toMatchObject({ kind: 'lookup', refs: [{ protonum: 17 }, { protonum: 17 }] });
    for (const missing of parts) {
      const rest = parts.filter(part => part !== missing);
      expect([missing, plan(rest.join('&')).kind]).toEqual([missing, 'dumps']);
    }
    for (const several of ['zone=3,4', 'proto=tcp,udp', 'src=10.0.0.1,10.0.0.9', 'dport=2,3'])
      expect([
        several,
        plan([...parts.filter(part => !part.startsWith(several.split('=')[0]!)), several].join('&')).kind,
      ]).toEqual([several, 'dumps']);
    expect(plan('zone=3&proto=sctp&src=10.0.0.1&dst=10.0.0.2&sport=1&dport=2').kind).toBe('dumps');
    expect(plan('zone=0&proto=tcp&src=2001:db8::1&dst=2001:db8::2&sport=0&dport=0')).toEqual({
      kind: 'lookup',
      refs: [{ family: 'ipv6', protonum: 6, original: { src: '2001:db8::1', dst: '2001:db8::2', sport: 0, dport: 0 } }],
      why: 'the filter names one tuple in one zone',
    });
  });

  it.each<[string, object[]]>([
    ['dst=10.0.0.1', [{ family: 'ipv4', original: { dst: '10.0.0.1' } }]],
    ['reply.src=10.0.0.1', [{ family: 'ipv4', reply: { src: '10.0.0.1' } }]],
    ['dst=2001:db8::1', [{ family: 'ipv6' }]],
    ['reply.src=2001:db8::1', [{ family: 'ipv6' }]],
    ['reply.dst=2001:db8::1&proto=tcp', [{ family: 'ipv6', protonum: 6 }]],
    // If two families exclude each other, either may be sent: nothing matches.
    ['src=10.0.0.1&family=ipv4', [{ family: 'ipv4', original: { src: '10.0.0.1' } }]],
    [
      'family=ipv4&proto=tcp&sport=1&dport=2&reply.sport=3&reply.dport=4',
      [{ family: 'ipv4', protonum: 6, original: { sport: 1, dport: 2 }, reply: { sport: 3, dport: 4 } }],
    ],
    ['family=ipv4&proto=udp&sport=0', [{ family: 'ipv4', protonum: 17, original: { sport: 0 } }]],
    [
      'family=ipv4&proto=icmp&icmp.type=8&icmp.code=0&icmp.id=7',
      [{ family: 'ipv4', protonum: 1, original: { type: 8, code: 0, id: 7 } }],
    ],
    ['family=ipv6&proto=icmpv6&icmp.type=128&icmp.id=7', [{ family: 'ipv6', protonum: 58 }]],
    ['family=ipv6&proto=icmp&icmp.id=7', [{ family: 'ipv6', protonum: 1 }]],
    [
      'mark=1,0x10/0xf0',
      [
        { mark: 1, markMask: 0xffffffff },
        { mark: 0x10, markMask: 0xf0 },
      ],
    ],
    ['status=assured', [{ status: 4, statusMask: 4 }]],
    ['status.all=assured,seen_reply', [{ status: 6, statusMask: 6 }]],
    ['assured&status=seen_reply', [{ status: 6, statusMask: 6 }]],
    ['unreplied&assured', [{ status: 4, statusMask: 6 }]],
    ['assured&mark=1&zone=2', [{ zone: 2, mark: 1, markMask: 0xffffffff, status: 4, statusMask: 4 }]],
  ])('the planner dumps once for each alternative: %s', (query, filters) => expect(dumps(query)).toEqual(filters));
});

describe('the planner dumps once for each alternative', () => {
  const marks = (...values: number[]) => values.map(mark => ({ mark, markMask: 0xffffffff }));
  const expression = (text: string) => {
    const made = planKernel(parseExpression(text).filter);
    return made.kind === 'dumps' ? made.filters : made;
  };

  it('the planner makes up to four dumps, and beyond that one of everything', () => {
    expect(dumps('mark=1,2,3,4')).toEqual(marks(1, 2, 3, 4));
    expect(dumps('mark=1,2,3,4,5')).toEqual([{}]);
    const both = (protonum: number) => [
      { family: 'ipv4', protonum },
      { family: 'ipv6', protonum },
    ];
    expect(dumps('proto=tcp,udp')).toEqual([...both(6), ...both(17)]);
    expect(dumps('proto=tcp,udp,icmp')).toEqual([{}]);
  });

  it('of several lists the planner uses the shortest first, and leaves out those that would be too many', () => {
    expect(dumps('mark=1,2&zone=3,4')).toEqual(
      [1, 2].flatMap(mark => [3, 4].map(zone => ({ zone, mark, markMask: 0xffffffff }))),
    );
    expect(dumps('mark=1,2,3&zone=3,4')).toEqual([{ zone: 3 }, { zone: 4 }]);
    expect(dumps('mark=1,2,3&zone=3')).toEqual(marks(1, 2, 3).map(filter => ({ zone: 3, ...filter })));
    expect(dumps('zone=3&mark=1,2,3&status=assured&sport=1,2')).toEqual([
      { zone: 3, status: 4, statusMask: 4 },
      { zone: 3, status: 4, statusMask: 4 },
    ]);
  });

  it('the planner dumps for each term of an `or`, if the kernel compares something of every term', () => {
    expect(expression('mark == 1 or zone == 2')).toEqual([...marks(1), { zone: 2 }]);
    expect(expression('mark == 1 or bytes > 5')).toEqual([{}]);
    expect(expression('mark == 1 or dport == 5')).toEqual([{}]);
    expect(expression('zone == 1 and (mark == 1 or bytes > 5)')).toEqual([{ zone: 1 }]);
    expect(expression('zone == 1 and (mark == 1 or mark == 2)')).toEqual(marks(1, 2).map(f => ({ zone: 1, ...f })));
    expect(expression('mark in {1, 2} or mark in {3, 4}')).toEqual(marks(1, 2, 3, 4));
    expect(expression('mark in {1, 2} or zone in {3, 4, 5}')).toEqual([{}]);
    expect(expression('(mark == 1 and zone == 2) or mark == 3')).toEqual([{ zone: 2, ...marks(1)[0] }, ...marks(3)]);
  });

  it('the planner pushes nothing for a negation', () => {
    expect(expression('not mark == 1')).toEqual([{}]);
    expect(expression('zone == 1 and not (mark == 1 or mark == 2)')).toEqual([{ zone: 1 }]);
    expect(expression('zone == 1 and not unreplied')).toEqual([{ zone: 1 }]);
    expect(expression('zone == 1 and not assured')).toEqual([{ zone: 1 }]);
  });

  it('the plan says why it was chosen', () => {
    expect(plan('mark=1')).toMatchObject({ why: 'one dump' });
    expect(plan('mark=1,2')).toMatchObject({ why: '2 dumps, one for each alternative' });
    expect(plan('proto=tcp')).toMatchObject({ why: '2 dumps, one for each family' });
    expect(plan('proto=tcp,udp')).toMatchObject({ why: '4 dumps, one for each alternative and family' });
    const everything = 'the filter has no exact value that the kernel compares, or needs more than 4 dumps';
    for (const filter of ['bytes>1', 'proto=tcp,udp,icmp', 'mark=1,2,3,4,5'])
      expect(plan(filter)).toMatchObject({ kind: 'dumps', filters: [{}], why: everything });
    expect(plan('')).toMatchObject({ kind: 'dumps', filters: [{}] });
  });
});

test('the planner sends only values of these fields to the kernel', () => {
  const places = FIELDS.flatMap(({ name, kernel }) => (kernel === undefined ? [] : [[name, kernel.join('.')]]));
  expect(Object.fromEntries(places)).toEqual({
    family: 'family',
    proto: 'protonum',
    zone: 'zone',
    src: 'original.src',
    dst: 'original.dst',
    sport: 'original.sport',
    dport: 'original.dport',
    'reply.src': 'reply.src',
    'reply.dst': 'reply.dst',
    'reply.sport': 'reply.sport',
    'reply.dport': 'reply.dport',
    status: 'status',
    mark: 'mark',
    unreplied: 'status',
    assured: 'status',
    'icmp.type': 'original.type',
    'icmp.code': 'original.code',
    'icmp.id': 'original.id',
  });
});

test('a word that the planner sends means one status bit, or bits that are clear: the kernel compares all of them', () => {
  const words = FIELDS.filter(({ type, kernel }) => type === 'flag' && kernel !== undefined);
  expect(words.map(({ name }) => name)).toEqual(['unreplied', 'assured']);
  for (const { status } of words)
    expect(status!.clear === true || (status!.mask & (status!.mask - 1)) === 0).toBe(true);
});

test('the planner sends nothing for a field that the kernel cannot compare, whatever its value', () => {
  for (const { name } of FIELDS.filter(({ kernel }) => kernel === undefined))
    for (const op of ['eq', 'all', 'exists'] as const)
      expect([
        name,
        planKernel({ kind: 'test', field: name, op, values: [{ type: 'number', value: 1 }] }),
      ]).toMatchObject([name, { kind: 'dumps', filters: [{}] }]);
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
    ['mark>5', 'the bound of a comparison, as if it were the value', [{}]],
    ['zone=1..5', 'the ends of a range', [{}]],
    ['family=ipv4&proto=udp&dport<1024', 'the bound of a port', [{ family: 'ipv4', protonum: 17 }]],
    ['mark.exists=true', 'the bits of another field that is there', [{}]],
    ['label.exists=true', 'the bits of another field that is there', [{}]],
    ['status.exists=true', 'status bits, where any will do', [{}]],
    ['src=10.0.0.1,10.1.0.0/16', 'some of the values of a list', [{}]],
    ['src=10.1.0.0/16,10.0.0.1', 'some of the values of a list', [{}]],
    [
      'proto=icmp&icmp.type=3&family=ipv4',
      'ICMP types that make no entry: the kernel refuses them',
      [{ family: 'ipv4', protonum: 1 }],
    ],
  ])('the planner never pushes: %s – %s', (query, _why, filters) => {
    const pushed = dumps(query);
    const text = JSON.stringify(pushed);
    expect(text).not.toContain('2001:');
    expect(pushed.length === 1 && Object.keys(pushed[0]!).length === 0 ? [{}] : pushed).toEqual(filters);
  });
});
