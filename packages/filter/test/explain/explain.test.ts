import { describe, expect, it } from 'vitest';
import { explainFilter } from '../../src/explain.js';
import { FilterError, parseFilter } from '../../src/index.js';
import { REQUIREMENTS, requireSource, unavailableIn } from '../../src/requirements.js';

/** The explanation without the descriptions of fields in parentheses. */
const explained = (text: string): string =>
  explainFilter(parseFilter(text).filter)
    .text.replace(/^((?:.*: )?\s*[\w.-]+) \((?!tcp|sctp|dccp).*?\) ?/gm, '$1 ')
    .trimEnd();

describe('an explanation', () => {
  it.each([
    ['all', 'every flow'],
    ['not all', 'not:\n  every flow'],
    ['unreplied', 'unreplied'],
    ['src-nat', 'src-nat'],
    ['mark exists', 'mark is known'],
    ['not helper exists', 'not: helper is known'],
    ['dport == 80', 'dport is 80'],
    ['dport in {80, 443, 8080}', 'dport is 80, 443 or 8080'],
    ['dport in 80..90', 'dport is 80 to 90'],
    ['start in 2026-01-01..2026-01-02', 'start is 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z'],
    ['src in 10.0.0.1..10.0.0.9', 'src is 10.0.0.1 to 10.0.0.9'],
    ['src in 10.0.0.0/8', 'src is 10.0.0.0/8'],
    ['src in {private, loopback}', 'src is a private address or a loopback address'],
    ['mark & 0xff == 16', 'mark is 0x10 under the mask 0xff'],
    ['bytes >= 1M', 'bytes >= 1M'],
    ['timeout < 90', 'timeout < 90s'],
    ['status in {ASSURED, OFFLOAD}', 'status has ASSURED or OFFLOAD'],
    ['status all {ASSURED, OFFLOAD}', 'status has ASSURED and OFFLOAD'],
    ['label == 5', 'label has 5'],
    ['label all {5, staff}', 'label has 5 and staff'],
    ['pair(10.0.0.1, private)', 'one end is 10.0.0.1, the other a private address'],
    ['state == TIME_WAIT', 'state is TIME_WAIT (tcp 7, dccp 7)'],
    ['helper == "a..b"', 'helper is a..b'],
    ['not (proto == tcp or proto == udp)', 'not:\n  any of:\n    proto is tcp\n    proto is udp'],
    [
      'proto == tcp and not (dport == 80 and sport == 1)',
      'all of:\n  proto is tcp\n  not:\n    all of:\n      dport is 80\n      sport is 1',
    ],
  ])('the explanation of %s is: %s', (text, expected) => {
    expect(explained(text)).toBe(expected);
  });

  it('the explanation says of each field what it is', () => {
    expect(explainFilter(parseFilter('mark exists').filter).text).toMatch(/^mark \(.+\) is known$/);
    expect(explainFilter(parseFilter('unreplied').filter).text).toMatch(/^unreplied \(.+\)$/);
  });

  it('the explanation lists each field and requirement once, in the order of the filter', () => {
    const { fields, requires } = explainFilter(
      parseFilter('age > 1h and bytes > 1 and not bytes > 5 and packets > 1').filter,
    );
    expect(fields).toEqual(['age', 'bytes', 'packets']);
    expect(requires).toEqual(['timestamps', 'accounting']);
  });
});

describe('a test that the source cannot answer', () => {
  const { filter } = parseFilter('bytes > 1M and age > 1h and event == new');

  it('an unavailable test names the field, and the sysctl that turns it on', () => {
    expect(
      unavailableIn(filter, {}).map(({ code, field, sysctl, offset, length }) => [code, field, sysctl, offset, length]),
    ).toEqual([
      ['unavailable', 'bytes', 'net.netfilter.nf_conntrack_acct', 0, 10],
      ['unavailable', 'age', 'net.netfilter.nf_conntrack_timestamp', 15, 8],
      ['unavailable', 'event', undefined, 28, 12],
    ]);
    expect(unavailableIn(filter, {}).map(issue => 'sysctl' in issue)).toEqual([true, true, false]);
    expect(unavailableIn(filter, { accounting: false, timestamps: true, events: true })).toHaveLength(1);
  });

  it('the message of an unavailable test names the sysctl too', () => {
    const without = {
      index: '(--index)',
      events: 'is available in event streams only',
      fleet: 'names a host of a fleet, and this table is of one host',
    };
    for (const [name, { sysctl, missing }] of Object.entries(REQUIREMENTS))
      expect(missing).toContain(sysctl === undefined ? without[name as keyof typeof without] : `sysctl ${sysctl}=1`);
    expect(REQUIREMENTS.rates.missing).toContain('(--index)');
  });

  it('an unavailable test is thrown as an issue of the usual shape', () => {
    try {
      requireSource(filter, { timestamps: true, events: true });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(FilterError);
      expect((error as FilterError).issues.map(issue => Object.keys(issue))).toEqual([
        ['code', 'message', 'offset', 'length', 'snippet'],
      ]);
    }
  });
});
