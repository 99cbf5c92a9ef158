import { ParseError, parseLine, parseText } from '@conntrack/parser/all';
import { formatFlow, XML_FOOTER, XML_HEADER } from '@conntrack/parser/format';
import { expect, it } from 'vitest';

const flow = parseLine(
  'udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1',
);
const element = formatFlow(flow, { format: 'xml' });
/** A document of two flows, with so many empty lines in the first one. */
const withLines = (count: number): string =>
  `${XML_HEADER}\n${element.replace('><', `>${'\n'.repeat(count)}<`)}\n${element}\n${XML_FOOTER}\n`;

it('an element over many lines is read as on one line', () => {
  expect(parseText(withLines(40_000))).toEqual(parseText(withLines(0)));
  expect(parseText(withLines(0))).toHaveLength(2);
});

it('the time of an element over many lines grows with their number', () => {
  const timeOf = (count: number): number => {
    const from = performance.now();
    parseText(withLines(count), { maxLineLength: 10_000_000 });
    return performance.now() - from;
  };
  timeOf(20_000);
  // Quadratic time would take 256 times as long.
  expect(timeOf(320_000) / Math.max(1, timeOf(20_000))).toBeLessThan(100);
});

it('an element that is longer than a line may be is a fault that names the remedy', () => {
  const failure = ((): unknown => {
    try {
      return parseText(withLines(70_000));
    } catch (error) {
      return error;
    }
  })();
  expect(failure).toBeInstanceOf(ParseError);
  expect((failure as Error).message).toMatch(
    /at most 65536 characters in a flow\. The option maxLineLength allows longer ones$/,
  );
});

it('an element that never ends is a fault where it begins', () => {
  expect(() => parseText(`${XML_HEADER}\n${element.replace('</flow>', '')}\n\n\n`)).toThrow(
    'line 3, column 1: expected </flow>',
  );
});
