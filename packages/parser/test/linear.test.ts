import { describe, expect, it } from 'vitest';
import { type ParseOptions, parseText } from '../src/all.js';

const good =
  'tcp      6 300 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1 [ASSURED] mark=0 use=1';

describe('parsing in linear time', () => {
  /** CPU milliseconds of this process, so that other work on the machine does not count. */
  const cpu = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const read = (text: string, options: ParseOptions = {}): number => {
    const start = cpu();
    parseText(text, { mode: 'tolerant', ...options });
    return cpu() - start;
  };

  const nasty: [string, (length: number) => string][] = [
    ['spaces', n => ' '.repeat(n)],
    ['brackets', n => '['.repeat(n)],
    ['digits', n => `tcp 6 ${'9'.repeat(n)}`],
    ['an endless key', n => `${good} ${'k'.repeat(n)}`],
    ['tokens', n => `${good}${' a=b'.repeat(n / 4)}`],
    ['labels', n => `${good} labels=${'a,'.repeat(n / 2)}`],
    ['tags', n => ' [NEW] '.repeat(n / 7)],
    ['XML that is never closed', n => '<flow>'.repeat(n / 6)],
    ['XML over many lines', n => `<flow>\n${'a\n'.repeat(n / 2)}`],
    ['XML attributes', n => `<flow${' a="b"'.repeat(n / 6)}></flow>`],
    ['userspace suffixes', n => `-A${' [USERSPACE] portid=1'.repeat(n / 21)}`],
    ['save options', n => `-A${' -s 1.1.1.1'.repeat(n / 11)}`],
    ['brackets of JSON', n => '{"a":'.repeat(n / 5)],
    ['expectations', n => `1 proto=6${' src=1.1.1.1'.repeat(n / 12)}`],
  ];
  it.each(nasty)('%s: four times the text takes about four times as long', (_name, make) => {
    for (const format of ['conntrack', 'save', 'xml', 'ndjson'] as const) {
      const options = { format, maxLineLength: 1 << 20, maxPairs: 1 << 20 };
      const best = (length: number): number => Math.min(...[0, 1, 2].map(() => read(make(length), options)));
      best(1000);
      const short = Math.max(best(8000), 0.5);
      expect(best(32_000) / short).toBeLessThan(14);
    }
  });
});
