import { expect, test } from 'vitest';
import { MAX_FAULTS } from '../../src/http/problem/faults.js';
import { body, testApp } from '../support.js';

const many = <T>(count: number, item: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));
const form = 'application/x-www-form-urlencoded';
const search = (filter: unknown): [string, RequestInit] => ['/conntrack/search', body({ filter })];

/** Requests with as many invalid parts as possible. */
const ATTACKS: Record<string, [target: string, init?: RequestInit]> = {
  'one unknown parameter, very often': [`/stats?${many(2700, () => 'x=1').join('&')}`],
  'one known parameter, very often': [`/conntrack?${many(2700, () => 'limit=1').join('&')}`],
  'unknown fields in a query': [`/conntrack?${many(1000, i => `x${i}=1`).join('&')}`],
  'wrong values in a list': [`/conntrack?dport=${many(1000, i => `x${i}`).join(',')}`],
  'unknown columns': [`/conntrack?fields=${many(2000, i => `x${i}`).join(',')}`],
  'unknown sort fields': [`/conntrack?sort=${many(2000, i => `x${i}`).join(',')}`],
  'a form of unknown fields': ['/conntrack/search', body(many(100_000, i => `x${i}=1`).join('&'), 'POST', form)],
  'unknown members': ['/conntrack', body(Object.fromEntries(many(60_000, i => [`k${i}`, 1])))],
  'a member with a very long name': ['/conntrack', body({ ['x'.repeat(900_000)]: 1 })],
  'a very long name, given twice': ['/conntrack', body(`{${many(2, () => `"${'x'.repeat(400_000)}":1`).join()}}`)],
  'objects with many members each': [
    '/conntrack',
    body(many(400, () => Object.fromEntries(many(200, i => [`k${i}`, 1])))),
  ],
  'arrays in arrays': ['/conntrack', body('['.repeat(500_000) + ']'.repeat(500_000))],
  'objects in objects': ['/conntrack', body(`${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`)],
  'the same member, very often': ['/conntrack', body(`{${many(100_000, () => '"a":1').join()}}`)],
  'a long array': ['/conntrack', body(`[${'1,'.repeat(500_000)}1]`)],
  'labels that are none': ['/conntrack', body({ labels: many(200_000, () => 'x') })],
  'statuses that are none': ['/conntrack', body({ status: many(100_000, () => 'xxxx') })],
  'filters of a plan': ['/conntrack/plans', body({ change: 'delete', filters: many(60_000, () => 'x=1') })],
  'unknown fields in an expression': search(many(20_000, i => `x${i}==1`).join(' and ')),
  'wrong values in a set': search(`dport in {${many(30_000, () => 'zz').join()}}`),
  'a very long name of a field': search(`${'x'.repeat(200_000)} == 1`),
  'a very long value in a query': search(`src=${'%41'.repeat(80_000)}`),
  'open parentheses': search('('.repeat(200_000)),
  negations: search(`${'not '.repeat(60_000)}x`),
  'tests that are none': search({ kind: 'and', terms: many(20_000, () => ({ kind: 'test', field: 'zz' })) }),
};

test.each(Object.entries(ATTACKS))(
  'a request with very many faults gets a short response: %s',
  async (_, [target, init]) => {
    const response = await testApp().request(target, init);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    const text = await response.text();
    expect(text.length).toBeLessThan(48 * 1024);
    const { errors = [], detail } = JSON.parse(text) as { errors?: { message: string }[]; detail: string };
    expect(errors.length).toBeLessThanOrEqual(MAX_FAULTS + 1);
    expect(detail.length).toBeLessThan(4096);
  },
);

test('faults beyond the maximum are counted in the last fault and in the detail', async () => {
  const response = await testApp().request('/conntrack', body(Object.fromEntries(many(256, i => [`k${i}`, 1]))));
  const { errors, detail } = (await response.json()) as { errors: { code: string; message: string }[]; detail: string };
  expect(errors).toHaveLength(MAX_FAULTS + 1);
  const [, named] = /and (\d+) more errors$/.exec(errors.at(-1)!.message)!;
  const [, unnamed] = /and (\d+) more errors$/.exec(detail)!;
  expect(Number(named)).toBe(256 - MAX_FAULTS + errors.filter(({ code }) => code === 'missing').length);
  expect(Number(unnamed) - Number(named)).toBe(MAX_FAULTS - 5);
});

test('a snippet shows the text around its fault, and the caret stands below the fault', async () => {
  const target = `/stats?${'a'.repeat(300)}=1&nope=2&${'b'.repeat(300)}=3`;
  const { errors } = (await (await testApp().request(target)).json()) as { errors: { snippet: string }[] };
  const [text, caret] = errors[1]!.snippet.split('\n') as [string, string];
  expect(text.length).toBeLessThan(140);
  expect(text.slice(caret.indexOf('^'), caret.indexOf('^') + 4)).toBe('nope');
  expect(caret).toContain("^~~~  unknown parameter 'nope'");
});
