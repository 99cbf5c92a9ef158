import { parseFilter, parseQuery } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { expect, test } from 'vitest';
import { type FilterInput, filterText } from '../src/calls/filter-text.js';

/** What a server reads after a URL parser. */
const arrived = (filter: FilterInput): string =>
  printQuery(parseQuery(new URL(`http://x/?${filterText(filter)}`).search.slice(1)).filter);

test.each<[FilterInput, string]>([
  ['', ''],
  [{}, ''],
  ['proto=tcp&dport=80,443', 'proto=tcp&dport=80,443'],
  ['bytes>=1k', 'bytes.gte=1k'],
  ['unreplied', 'unreplied'],
  ['proto == tcp and dport in {80, 443}', 'proto=tcp&dport=80,443'],
  ['filter=proto%20==%20tcp', 'proto=tcp'],
  [parseFilter('proto == tcp or dport == 53'), printQuery(parseFilter('proto == tcp or dport == 53').filter)],
  [parseFilter('src=2001:db8::/32').filter, 'src=2001:db8::/32'],
  [{ proto: 'tcp', dport: [80, 443], 'bytes.gte': '1k' }, 'proto=tcp&dport=80,443&bytes.gte=1k'],
])('the filter %o arrives unchanged', (filter, canonical) => {
  expect(arrived(filter)).toBe(canonical);
});

test('text after a # is not lost, and newlines do not vanish', () => {
  // A URL ends at its #: the address after it would be lost, and all TCP flows would match.
  expect(filterText('proto=tcp#&src=192.0.2.7')).toBe('proto=tcp%23&src=192.0.2.7');
  expect(filterText('proto=tcp&sport=4\n43')).toContain('%0A');
  expect(() => arrived('proto=tcp&sport=4\n43')).toThrow();
});

test.each<[FilterInput]>([
  [{ src: undefined } as never],
  [{ src: null } as never],
  [{ src: '' }],
  [{ src: [] }],
  [{ src: ['192.0.2.7', undefined] } as never],
  [null as never],
  [['proto=tcp'] as never],
  ['helper="\ud800"'],
])('%o is rejected as a filter, and does not become a wider one', filter => {
  expect(() => filterText(filter)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});
