import { type Flow, FlowObjectCursor, LabelMap } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../src/compile.js';
import { type Filter, parseExpression, parseFilter, parseQuery } from '../src/index.js';

const now = Date.parse('2026-06-01T12:00:00Z');
const tcp: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  id: 7,
  original: { src: '192.168.1.10', dst: '93.184.216.34', sport: 51234, dport: 443, packets: 12, bytes: 3416 },
  reply: { src: '93.184.216.34', dst: '203.0.113.7', sport: 443, dport: 51234, packets: 10, bytes: 1_000_000 },
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT', 'SRC_NAT_DONE', 'DST_NAT_DONE'],
  timeout: 431_994,
  mark: 0x25,
  labels: [1, 'guests'],
  start: '2026-06-01T11:00:00Z',
};
const dns: Flow = {
  family: 'ipv6',
  protocol: 'udp',
  protonum: 17,
  original: { src: '2001:db8::1', dst: '2001:db8::53', sport: 5000, dport: 53 },
  reply: { src: '2001:db8::53', dst: '2001:db8::1', sport: 53, dport: 5000 },
  status: ['CONFIRMED'],
  timeout: 29,
};
const sctp: Flow = {
  family: 'ipv4',
  protocol: 'sctp',
  protonum: 132,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 },
  reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 2, dport: 1 },
  state: 'ESTABLISHED',
  helper: 'sip-5060',
};

const passed = (filter: Filter): string =>
  [tcp, dns, sctp]
    .filter(flow => compileFilter(filter, { now: () => now })(new FlowObjectCursor(flow)))
    .map(flow => flow.protocol)
    .join(' ');
const list = (text: string): string => passed(parseFilter(text).filter);

describe('what the language means', () => {
  it.each([
    ['proto=tcp&state=ESTABLISHED', 'tcp'],
    ['state=ESTABLISHED', 'tcp sctp'],
    ['state=sctp:ESTABLISHED', 'sctp'],
    ['STATE=established', 'tcp sctp'],
    ['state=connected', 'tcp sctp'],
    ['state.not=ESTABLISHED', 'udp'],
    ['state.exists=false', 'udp'],
    ['src=192.168.0.0/16', 'tcp'],
    ['orig-src=192.168.1.10', 'tcp'],
    ['original.src=192.168.1.10', 'tcp'],
    ['src=::ffff:192.168.1.10', 'tcp'],
    ['src=::ffff:192.168.0.0/112', 'tcp'],
    ['src=::/0', 'udp'],
    ['src=0.0.0.0/0', 'tcp sctp'],
    ['src=[2001:db8::1]', 'udp'],
    ['src=2001:db8::-2001:db8::ffff', 'udp'],
    ['src=10.0.0.0-10.0.0.9', 'sctp'],
    ['src=192.168.0.10/255.255.0.255', 'tcp'],
    ['src=192.168.0.11/255.255.0.255', ''],
    ['src=192.0.0.10/255.0.0.255', 'tcp'],
    ['src=private', 'tcp sctp'],
    ['not private(src)', 'udp'],
    ['addr=203.0.113.7', 'tcp'],
    ['addr.not=203.0.113.7', 'udp sctp'],
    ['pair=10.0.0.2,10.0.0.1', 'sctp'],
    ['pair=93.184.0.0/16,203.0.113.0/24', 'tcp'],
    ['pair=10.0.0.1,10.0.0.2&pair=2001:db8::1,2001:db8::53', 'udp sctp'],
    ['dport=443', 'tcp'],
    ['dport=https,domain', 'tcp udp'],
    ['dport=80&dport=443', 'tcp'],
    ['dport=50-60,400-500', 'tcp udp'],
    ['dport.not=443', 'udp sctp'],
    ['dport!=443&dport>2', 'udp'],
    ['port=2', 'sctp'],
    ['mark=0x5/0xf', 'tcp'],
    ['mark=37', 'tcp'],
    ['mark.exists=false', 'udp sctp'],
    ['mark & 0xf0 != 0x20', 'udp sctp'],
    ['unreplied', 'udp'],
    ['unreplied=false', 'tcp sctp'],
    ['assured', 'tcp'],
    ['status=assured,offload', 'tcp'],
    ['status.all=assured,offload', ''],
    ['status.all=assured,seen_reply', 'tcp'],
    ['nat=src', 'tcp'],
    ['nat=none', 'udp sctp'],
    ['src-nat', 'tcp'],
    ['src-nat=203.0.113.7', 'tcp'],
    ['src-nat=203.0.113.0/24:51234', 'tcp'],
    ['src-nat=203.0.113.7:1', ''],
    ['dst-nat', ''],
    ['any-nat', 'tcp'],
    ['bytes>=1M', 'tcp'],
    ['bytes>1003416', ''],
    ['bytes=1003416', 'tcp'],
    ['bytes<1M', ''],
    ['not bytes < 1M', 'tcp udp sctp'],
    ['orig.bytes<=3416', 'tcp'],
    ['packets=22', 'tcp'],
    ['bytes=1Mi', ''],
    ['timeout<1m', 'udp'],
    ['timeout>4d', 'tcp'],
    ['age=1h', 'tcp'],
    ['age>=60m&age<3601s', 'tcp'],
    ['start>=2026-06-01', 'tcp'],
    ['start<2026-06-01T11:00:00+01:00', ''],
    ['start.gte=2026-06-01T11:00:00+01:00', 'tcp'],
    ['label=1', 'tcp'],
    ['label=guests', 'tcp'],
    ['label.all=1,guests', 'tcp'],
    ['label.all=1,2', ''],
    ['helper=SIP*', 'sctp'],
    ['helper=*50*', 'sctp'],
    ['helper="sip-5060"', 'sctp'],
    ['helper="sip\\*"', ''],
    ['zone=0', 'tcp udp sctp'],
    ['zone.exists=true', ''],
    ['family=ipv6', 'udp'],
    ['proto=6', 'tcp'],
    ['id=0x7', 'tcp'],
    ['', 'tcp udp sctp'],
    ['all', 'tcp udp sctp'],
    ['not all', ''],
    ['proto == tcp or proto == udp and dport == 53', 'tcp udp'],
    ['proto eq tcp || (proto eq udp && dport ne 53)', 'tcp'],
    ['proto == tcp dport == 443 assured', 'tcp'],
    ['! unreplied and !(proto == tcp)', 'sctp'],
    ['dport in {443, 53} and sport not in 5000..5001', 'tcp'],
    ['dport == 443,53', 'tcp udp'],
    ['proto=tcp&filter=dport == 443 or dport == 80', 'tcp'],
    ['proto=tcp&filter=dport%20%3D%3D%20443', 'tcp'],
    ['filter=dport+in+%7B443,53%7D&proto.not=udp', 'tcp'],
  ])('%s', (text, expected) => {
    expect(text === '' ? passed(parseQuery(text).filter) : list(text)).toBe(expected);
  });

  it('the caller’s own pairs are returned, decoded, in order', () => {
    const { filter, params } = parseQuery('proto=tcp&limit=10&fields=a%2Cb&fields=c&format', {
      params: ['limit', 'fields', 'format'],
    });
    expect(passed(filter)).toBe('tcp');
    expect([...params]).toEqual([
      ['limit', ['10']],
      ['fields', ['a,b', 'c']],
      ['format', ['']],
    ]);
  });

  it('a label map converts names to bits and bits to names', () => {
    const labels = new LabelMap('1 staff\n2 guests\n');
    expect(parseQuery('label=STAFF', { labels }).filter).toMatchObject({ values: [{ name: 'staff', bit: 1 }] });
    expect(() => parseQuery('label=staf', { labels })).toThrow("unknown label 'staf'. Did you mean 'staff'?");
    const named = compileFilter(parseQuery('label=staff').filter, { labels });
    expect(named(new FlowObjectCursor(tcp))).toBe(true);
    const bit = compileFilter(parseQuery('label=2').filter, { labels });
    expect(bit(new FlowObjectCursor(tcp))).toBe(true);
  });

  it('values are resolved once: the planner parses nothing', () => {
    const { filter } = parseExpression('proto == tcp and src == 10.0.0.0/32 and status == assured and nat == src');
    expect(filter).toEqual({
      kind: 'and',
      terms: [
        { kind: 'test', field: 'proto', op: 'eq', values: [{ type: 'number', value: 6 }] },
        {
          kind: 'test',
          field: 'src',
          op: 'eq',
          values: [{ type: 'address', address: { family: 'ipv4', words: [0, 0, 0xffff, 0x0a000000] } }],
        },
        { kind: 'test', field: 'status', op: 'eq', values: [{ type: 'number', value: 4 }] },
        { kind: 'test', field: 'nat', op: 'eq', values: [{ type: 'name', name: 'src' }] },
      ],
    });
  });

  it('NAT is judged by the tuples if the source shows no NAT bits, and else by both', () => {
    const src = compileFilter(parseQuery('src-nat').filter);
    const shown = (status?: Flow['status']): boolean => {
      const { status: _, ...rest } = tcp;
      return src(new FlowObjectCursor(status === undefined ? rest : { ...rest, status }));
    };
    expect(shown()).toBe(true);
    expect(shown(['SEEN_REPLY', 'ASSURED'])).toBe(true);
    expect(shown(['CONFIRMED', 'SRC_NAT', 'SRC_NAT_DONE'])).toBe(true);
    expect(shown(['CONFIRMED', 'SRC_NAT_DONE'])).toBe(false);
  });
});
