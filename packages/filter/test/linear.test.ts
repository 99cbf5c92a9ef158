import { FlowObjectCursor } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../src/compile.js';
import { parseExpression, parseFilter, parseQuery } from '../src/index.js';

// Texts that are made to be slow: nested, faulty and repetitive ones.
const patterns: Record<string, (n: number) => string> = {
  'open parentheses': n => '('.repeat(n),
  'closing parentheses': n => ')'.repeat(n),
  nots: n => 'not '.repeat(n / 4),
  'unknown fields': n => 'dprot == 443 and '.repeat(n / 17),
  'unknown pairs': n => 'dprot=443&'.repeat(n / 10),
  'one long word': n => 'a'.repeat(n),
  'one long value': n => `proto=${'a'.repeat(n)}`,
  'one long number': n => `dport=${'1'.repeat(n)}`,
  dots: n => `src=${'1.'.repeat(n / 2)}`,
  colons: n => `src=${':'.repeat(n)}`,
  dashes: n => `dport=${'-'.repeat(n)}`,
  stars: n => `helper=${'*a'.repeat(n / 2)}`,
  quotes: n => `helper=${'"'.repeat(n)}`,
  backslashes: n => `helper="${'\\'.repeat(n)}`,
  percents: n => '%'.repeat(n),
  escapes: n => `helper=${'%41'.repeat(n / 3)}`,
  'escaped expressions': n => `filter=${'dport%3D%3D80%20or%20'.repeat(n / 21)}`,
  commas: n => `dport=${','.repeat(n)}`,
  'a long list': n => `dport=${'80,'.repeat(n / 3)}80`,
  'many pairs of one field': n => 'dport=80&'.repeat(n / 9),
  'host bits': n => `src=${'10.0.0.1/8,'.repeat(n / 11)}::1`,
  alternatives: n => `${'dport == 80 or '.repeat(n / 15)}dport == 80`,
  braces: n => '{'.repeat(n),
  'open lists': n => 'dport in {80 '.repeat(n / 13),
  spaces: n => ' '.repeat(n),
  'key dots': n => '.'.repeat(n),
};

const limits = { text: 1 << 20, values: 1 << 20, predicates: 1 << 20 };
/** CPU milliseconds of this process, so that other work on the machine does not count. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
function time(text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 4; run++) {
    const start = cpu();
    for (const parse of [parseQuery, parseExpression, parseFilter]) {
      try {
        parse(text, { limits });
      } catch {
        // A fault is allowed: only the time counts.
      }
    }
    best = Math.min(best, cpu() - start);
  }
  return best;
}

describe('linear time', () => {
  it.each(Object.entries(patterns))('the time is linear: %s', (_name, make) => {
    const short = time(make(6000));
    const long = time(make(48000));
    // Eight times the text: 24 leaves room for the allocator and for other load; quadratic time would be 64.
    expect(long).toBeLessThan(Math.max(short * 24, 40));
  });

  it('the time is linear: a glob over a long name', () => {
    const predicate = compileFilter(parseQuery(`helper=${'*a'.repeat(50)}*b`).filter);
    const tuple = { src: '10.0.0.1', dst: '10.0.0.2' };
    const cursor = new FlowObjectCursor({
      family: 'ipv4',
      protocol: 'tcp',
      protonum: 6,
      original: tuple,
      reply: tuple,
      helper: 'a'.repeat(100_000),
    });
    const start = cpu();
    expect(predicate(cursor)).toBe(false);
    expect(cpu() - start).toBeLessThan(200);
  });
});
