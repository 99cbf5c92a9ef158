import { formatAddress, LabelMap } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { FilterError, type ParseOptions, parseExpression, parseQuery, type Test, type Value } from '../../src/index.js';

const valuesOf = (query: string, options: ParseOptions = {}): readonly Value[] =>
  (parseQuery(query, options).filter as Test).values;

/** A short form of an address value: its type and addresses. */
const short = (value: Value): string => {
  switch (value.type) {
    case 'address':
      return `${value.address.family} ${formatAddress(value.address)}`;
    case 'prefix':
      return `${value.address.family} ${formatAddress(value.address)}/${value.length}`;
    case 'addresses':
      return `${value.from.family} ${formatAddress(value.from)} to ${formatAddress(value.to)}`;
    case 'netmask':
      return `${value.address.family} ${formatAddress(value.address)} under ${formatAddress(value.mask)}`;
    case 'endpoint':
      return `${short(value.address)} port ${value.port}`;
    default:
      return `${value.type} ${'name' in value ? value.name : ''}`;
  }
};

describe('an address', () => {
  it.each([
    ['10.0.0.1', 'ipv4 10.0.0.1'],
    ['10.0.0.1/32', 'ipv4 10.0.0.1'],
    ['10.0.0.0/8', 'ipv4 10.0.0.0/8'],
    ['0.0.0.0/0', 'ipv4 0.0.0.0/0'],
    ['10.0.0.0/255.0.0.0', 'ipv4 10.0.0.0/8'],
    ['10.0.0.1/255.255.255.255', 'ipv4 10.0.0.1'],
    ['10.0.0.0/0.0.0.0', 'ipv4 0.0.0.0/0'],
    ['10.9.8.7/255.255.0.0', 'ipv4 10.9.0.0/16'],
    ['10.9.8.7/255.0.0.255', 'ipv4 10.0.0.7 under 255.0.0.255'],
    ['1.2.3.4/0.0.0.255', 'ipv4 0.0.0.4 under 0.0.0.255'],
    ['2001:db8::1', 'ipv6 2001:db8::1'],
    ['[2001:db8::1]', 'ipv6 2001:db8::1'],
    ['2001:db8::1/128', 'ipv6 2001:db8::1'],
    ['2001:db8::/32', 'ipv6 2001:db8::/32'],
    ['2001:db8::1/ffff:ffff::', 'ipv6 2001:db8::/32'],
    ['2001:db8::1:1/ffff:ffff::ffff', 'ipv6 2001:db8::1 under ffff:ffff::ffff'],
    // IPv4-mapped: an IPv4 address, and an IPv4 prefix from 96 bits on.
    ['::ffff:10.0.0.1', 'ipv4 10.0.0.1'],
    ['::ffff:10.0.0.0/104', 'ipv4 10.0.0.0/8'],
    ['::ffff:0.0.0.0/96', 'ipv4 0.0.0.0/0'],
    ['::ffff:10.0.0.1/128', 'ipv4 10.0.0.1'],
    ['::fffe:0:0/95', 'ipv6 ::fffe:0:0/95'],
    ['1::ffff:10.0.0.1', 'ipv6 1::ffff:a00:1'],
    ['0:0:1::ffff:10.0.0.1', 'ipv6 ::1:0:0:ffff:a00:1'],
    ['10.0.0.1-10.0.0.9', 'ipv4 10.0.0.1 to 10.0.0.9'],
    ['10.0.0.1..10.0.0.9', 'ipv4 10.0.0.1 to 10.0.0.9'],
    ['10.0.0.1-10.0.0.1', 'ipv4 10.0.0.1'],
    ['::ffff:10.0.0.1-10.0.0.9', 'ipv4 10.0.0.1 to 10.0.0.9'],
    ['PRIVATE', 'class private'],
    ['link-local', 'class link-local'],
  ])('the address %s is parsed as: %s', (text, expected) => {
    expect(valuesOf(`src=${text}`).map(short)).toEqual([expected]);
  });
});

describe('an address with a port', () => {
  it.each([
    ['10.0.0.1', 'ipv4 10.0.0.1 port undefined'],
    ['10.0.0.1:80', 'ipv4 10.0.0.1 port 80'],
    ['10.0.0.1:https', 'ipv4 10.0.0.1 port 443'],
    ['10.0.0.0/8:80', 'ipv4 10.0.0.0/8 port 80'],
    ['10.0.0.1-10.0.0.9:80', 'ipv4 10.0.0.1 to 10.0.0.9 port 80'],
    ['private:80', 'class private port 80'],
    ['2001:db8::1', 'ipv6 2001:db8::1 port undefined'],
    ['2001:db8::80', 'ipv6 2001:db8::80 port undefined'],
    ['[2001:db8::1]', 'ipv6 2001:db8::1 port undefined'],
    ['[2001:db8::1]:80', 'ipv6 2001:db8::1 port 80'],
    ['[2001:db8::/32]:80', 'ipv6 2001:db8::/32 port 80'],
  ])('the address with port %s is parsed as: %s', (text, expected) => {
    expect(valuesOf(`dst-nat=${text}`).map(short)).toEqual([expected]);
  });
});

const number = (value: number): Value => ({ type: 'number', value });
const range = (from: number, to: number): Value => ({ type: 'range', from, to });
const masked = (value: number, mask: number): Value => ({ type: 'masked', value, mask });
const name = (text: string): Value => ({ type: 'name', name: text });

describe('a value', () => {
  it.each<[string, Value[]]>([
    ['dport=80', [number(80)]],
    ['dport=0x50', [number(80)]],
    ['dport=0X50', [number(80)]],
    ['dport=0', [number(0)]],
    ['dport=HTTPS,domain', [number(443), number(53)]],
    ['dport=80-90', [range(80, 90)]],
    ['dport=80..90', [range(80, 90)]],
    ['dport=80-80', [number(80)]],
    ['dport=http-https', [range(80, 443)]],
    ['dport=ssh-1024', [range(22, 1024)]],
    // A dash inside the name of a service does not separate a range.
    ['dport=ftp-data', [number(20)]],
    ['dport=http-alt', [number(8080)]],
    ['dport=80..http-alt', [range(80, 8080)]],
    ['dport=80/0xff', [masked(80, 0xff)]],
    ['zone=1/1', [masked(1, 1)]],
    ['id=5/7', [masked(5, 7)]],
    ['mark=0xffffffff', [number(0xffffffff)]],
    ['mark=0x10/0xffffffff', [masked(0x10, 0xffffffff)]],
    ['mark=16/255', [masked(16, 255)]],
    ['mark=0/0', [masked(0, 0)]],
    ['mark=2/1234567890', [masked(2, 1234567890)]],
    ['mark=0x80000000/0x80000000', [masked(0x80000000, 0x80000000)]],
    ['bytes=1k,1K,1Ki', [number(1000), number(1000), number(1024)]],
    ['bytes=1.5k', [number(1500)]],
    ['bytes=1.1M', [number(1_100_000)]],
    ['bytes=2G,2Gi,2Mi', [number(2e9), number(2 ** 31), number(2 ** 21)]],
    ['bytes=1k-1M', [range(1000, 1e6)]],
    ['bytes=9007199254740991', [number(Number.MAX_SAFE_INTEGER)]],
    ['timeout=90,90s,1.5m', [number(90), number(90), number(90)]],
    ['timeout=1h,2d,250ms', [number(3600), number(172_800), number(0.25)]],
    ['timeout=1.001,1ms', [number(1.001), number(0.001)]],
    ['timeout=10s-1m', [range(10, 60)]],
    ['start=2026-01-01..2026-01-02', [range(Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2))]],
    ['family=ipv4,4,inet,IPV4', [number(2), number(2), number(2), number(2)]],
    ['family=ipv6,6,inet6', [number(10), number(10), number(10)]],
    ['proto=TCP,17,icmpv6', [number(6), number(17), number(58)]],
    ['status=assured,SEEN_REPLY', [number(4), number(2)]],
    ['event=NEW,destroy', [number(0), number(2)]],
    ['nat=SRC,none', [name('src'), name('none')]],
    ['dccp.role=Server', [number(1)]],
    [
      'label=0,127',
      [
        { type: 'label', bit: 0 },
        { type: 'label', bit: 127 },
      ],
    ],
    ['label=1a,a1,"1"', ['1a', 'a1', '1'].map((text): Value => ({ type: 'label', name: text }))],
    ['helper=ftp', [{ type: 'text', text: 'ftp' }]],
    ['helper="ftp 21"', [{ type: 'text', text: 'ftp 21' }]],
    ['helper=""', [{ type: 'text', text: '' }]],
    ['helper=a*b*', [{ type: 'glob', parts: ['a', 'b', ''] }]],
    ['helper="a b*"', [{ type: 'glob', parts: ['a b', ''] }]],
    ['helper="a\\*b"', [{ type: 'text', text: 'a*b' }]],
    ['helper="a\\"b\\\\"', [{ type: 'text', text: 'a"b\\' }]],
  ])('the value %s is parsed as %j', (query, expected) => {
    expect(parseQuery(query).warnings).toEqual([]);
    expect(valuesOf(query)).toEqual(expected);
  });
});

const message = (query: string, options: ParseOptions = {}): string => {
  try {
    parseQuery(query, options);
  } catch (error) {
    if (error instanceof FilterError) return error.message;
    throw error;
  }
  return '';
};

describe('a value that cannot be read', () => {
  it.each([
    ['dport=1x80', "'1x80' is not a port or the name of a service"],
    ['dport=80!', "'80!' is not a port or the name of a service"],
    ['dport=http-', 'a range must have two ends; use >= for an open range'],
    ['dport=foo-bar', "'foo-bar' is not a port or the name of a service"],
    ['dport=-80', "'-80' is not a port or the name of a service"],
    ['dport=00080', "'00080' begins with 0; octal numbers are not supported. Did you mean '80'?"],
    ['dport=0100', "'0100' begins with 0; octal numbers are not supported. Did you mean '100'?"],
    ['timeout=soon', "'soon' is not a time span such as 90s or 5m"],
    ['timeout=http', "'http' is not a time span such as 90s or 5m"],
    ['mark=http', "'http' is not a number"],
    ['id=x', "'x' is not a number"],
    ['mark=1/0x', "'0x' must be a 32-bit mask such as 0xff"],
    ['mark=1/x0xff', "'x0xff' must be a 32-bit mask such as 0xff"],
    ['mark=1/0xffx', "'0xffx' must be a 32-bit mask such as 0xff"],
    ['mark=1/010', "'010' must be a 32-bit mask such as 0xff"],
    ['mark=1/4294967296', "'4294967296' must be a 32-bit mask such as 0xff"],
    ['mark=1/', "'' must be a 32-bit mask such as 0xff"],
    ['mark=/1', "'/1' is not a number"],
    ['bytes=1/1', "'1/1' is not a number such as 1500 or 1M"],
    ['family=xipv4', "unknown family 'xipv4'. Did you mean 'ipv4' or 'ipv6'?"],
    ['family=inet44', "unknown family 'inet44'; expected 'ipv4' or 'ipv6'"],
    ['family=inet66', "unknown family 'inet66'; expected 'ipv4' or 'ipv6'"],
    ['family=x6', "unknown family 'x6'; expected 'ipv4' or 'ipv6'"],
    ['src=/8', "'' is not an address, prefix or range"],
    ['src=10.0.0.0/::ffff:0', "'::ffff:0' must be a prefix length from 0 to 32 or a netmask"],
    ['src=-host', "'-host' is not an address, prefix or range"],
    ['src=host!', "'host!' is not an address, prefix or range"],
    ['src=my_host', "'my_host' is not an address, prefix or range"],
    ['src=a.b-c.example', "'a.b' is not an address, prefix or range; host names are not resolved"],
    ['src=..10.0.0.1', "'..10.0.0.1' is not an address, prefix or range"],
    ['src-nat=[10.0.0.1', "'[10.0.0.1' is not an address, prefix or range"],
    ['src-nat=x[2001:db8::1]:80', "'x[2001:db8::1]:80' is not an address, prefix or range"],
    ['src-nat=10.0.0.1:80:90', "'10.0.0.1:80:90' is not an address, prefix or range"],
    ['src-nat=10.0.0.1:-', "'-' is not a port or the name of a service"],
    ['state=256', "unknown state '256'"],
    ['helper= ', 'an empty value for helper'],
    ['family=""', "unknown family ''; expected 'ipv4' or 'ipv6'"],
  ])('the value cannot be parsed: %s: %s', (query, expected) => {
    expect(message(query)).toBe(expected);
  });
});

describe('a label with a map of names', () => {
  const labels = new LabelMap('1 staff\n2 Guests\n3 GUESTS\n');

  it('a label in the map has both name and bit', () => {
    expect(valuesOf('label=staff,Guests,GUESTS', { labels })).toEqual([
      { type: 'label', name: 'staff', bit: 1 },
      { type: 'label', name: 'Guests', bit: 2 },
      { type: 'label', name: 'GUESTS', bit: 3 },
    ]);
    expect(valuesOf('label=5', { labels })).toEqual([{ type: 'label', bit: 5 }]);
  });
  it('a label name in another case is the first equal one', () => {
    expect(valuesOf('label=STAFF,guests', { labels })).toEqual([
      { type: 'label', name: 'staff', bit: 1 },
      { type: 'label', name: 'Guests', bit: 2 },
    ]);
  });
  it('a label that is not in the map is an error that lists the names', () => {
    expect(message('label=visitors', { labels })).toBe(
      "unknown label 'visitors'; expected 'staff', 'Guests' or 'GUESTS'",
    );
    expect(message('label=staf', { labels })).toBe("unknown label 'staf'. Did you mean 'staff'?");
  });
});

it('a mask in an expression is parsed as after a slash', () => {
  for (const field of ['mark', 'dport', 'zone', 'id'])
    expect(parseExpression(`${field} & 0xf0 == 16`)).toEqual(parseExpression(`${field} == 16/0xf0`));
  expect(() => parseExpression('timeout & 1 == 1')).toThrow('timeout does not support a mask');
});
