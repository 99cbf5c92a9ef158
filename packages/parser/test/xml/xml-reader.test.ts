import { ParseError, type ParseOptions, parseLine, parseText } from '@conntrack/parser/all';
import { formatFlow, XML_FOOTER, XML_HEADER } from '@conntrack/parser/format';
import { expect, it } from 'vitest';

const flow = parseLine(
  'udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1',
);
const element = formatFlow(flow, { format: 'xml' });
/** A document of two flows, with `count` empty lines in the first one. */
const withLines = (count: number): string =>
  `${XML_HEADER}\n${element.replace('><', `>${'\n'.repeat(count)}<`)}\n${element}\n${XML_FOOTER}\n`;

it('an element over many lines is read as on one line', () => {
  expect(parseText(withLines(40_000))).toEqual(parseText(withLines(0)));
  expect(parseText(withLines(0))).toHaveLength(2);
});

it('the time for an element over many lines grows linearly with their number', () => {
  const timeOf = (count: number): number => {
    const from = performance.now();
    parseText(withLines(count), { maxLineLength: 10_000_000 });
    return performance.now() - from;
  };
  timeOf(20_000);
  // Quadratic time would take 256 times as long.
  expect(timeOf(320_000) / Math.max(1, timeOf(20_000))).toBeLessThan(100);
});

it('the fault for an element that is longer than a line may be names the option to raise', () => {
  const failure = ((): unknown => {
    try {
      return parseText(withLines(70_000));
    } catch (error) {
      return error;
    }
  })();
  expect(failure).toBeInstanceOf(ParseError);
  expect((failure as Error).message).toMatch(
    /at most 65536 characters in a flow\. Raise maxLineLength to allow longer lines$/,
  );
});

it('an element that never ends is a fault where it begins', () => {
  expect(() => parseText(`${XML_HEADER}\n${element.replace('</flow>', '')}\n\n\n`)).toThrow(
    'line 3, column 1: expected </flow>',
  );
});

type SeenFault = [code: string, line: number, column: number, expected: string, text: string];
/** The faults of a text that is read to its end. */
const faultsOf = (text: string, options: ParseOptions = {}): SeenFault[] => {
  const faults: SeenFault[] = [];
  parseText(text, {
    ...options,
    mode: 'tolerant',
    onBadLine: ({ code, line, column, expected, text: shown }) =>
      void faults.push([code, line, column, expected, shown]),
  });
  return faults;
};

it('a fault of an element over several lines has its own line, column and text', () => {
  const lines = element.replaceAll('><', '>\n <').replace('10.0.0.2', '10.0.0.x').split('\n');
  const at = lines.findIndex(line => line.includes('10.0.0.x'));
  const text = `${XML_HEADER}\n${element}\n${lines.join('\n')}${element}\n${XML_FOOTER}\n`;
  expect(faultsOf(text)).toEqual([['ADDRESS_EXPECTED', 4 + at, 2, 'an IPv4 address', lines[at]]]);
  const first = faultsOf(`<flow>\n<b>\n</c></flow>\n${element}\n`);
  expect(first).toEqual([['ELEMENT_EXPECTED', 3, 1, '</b>', '</c></flow>']]);
  expect(faultsOf(`${element}<c>${element}\n${element}\n`)).toEqual([
    ['ELEMENT_EXPECTED', 1, element.length + 1, '<flow>', `${element}<c>${element}`],
  ]);
});

it('an element may have as many characters as a line, line ends included', () => {
  const inside = element.indexOf('><') + 1;
  const long = `${element.slice(0, inside)}\n\n\n${element.slice(inside)}`;
  const text = `${XML_HEADER}\n  ${long}\n${element}\n`;
  expect(parseText(text, { maxLineLength: long.length })).toHaveLength(2);
  const faults = faultsOf(text, { maxLineLength: long.length - 1 });
  expect(faults[0]).toEqual([
    'LINE_TOO_LONG',
    3,
    3,
    `at most ${long.length - 1} characters in a flow`,
    `  ${element.slice(0, inside)}`,
  ]);
  // The rest of it is not a flow; the next line is.
  expect(parseText(text, { maxLineLength: long.length - 1, mode: 'tolerant' })).toHaveLength(1);
});

it('white space, declarations and comments of any length are allowed around flows', () => {
  const text = `<?xml version="1.0"?>  \n\n <!DOCTYPE conntrack>\t <conntrack>   ${element}   \n  <!-- a -->  ${element} \n </conntrack> \n`;
  expect(parseText(text)).toHaveLength(2);
  expect(faultsOf(`${text}x`)).toEqual([['ELEMENT_EXPECTED', 6, 1, '<flow>', 'x']]);
});

it('a comment over several lines leaves columns unchanged, and one that never ends is a fault', () => {
  const wrong = element.replace('10.0.0.2', '10.0.0.x');
  const text = `<conntrack>\n<!-- a\n<flow> --b\n- -->${wrong}<!---->${element}<!--\n-->\n`;
  expect(parseText(text, { mode: 'tolerant' })).toHaveLength(1);
  expect(faultsOf(text).map(([code, line, column]) => [code, line, column])).toEqual([
    ['ADDRESS_EXPECTED', 4, 6 + wrong.indexOf('<dst>')],
  ]);
  expect(() => parseText(`${element}\n<!-- a\n\n`)).toThrow(
    expect.objectContaining({ code: 'ELEMENT_EXPECTED', expected: '-->' }),
  );
  const [[, , column]] = faultsOf(`  <!-- a --> <!-- b -->${wrong}`) as [SeenFault];
  expect(column).toBe(23 + wrong.indexOf('<dst>') + 1);
});

it('an element that is not closed is given up once it is longer than a line may be', () => {
  const open = '  <flow>\nab\ncd\nef';
  const length = open.length - 2;
  const read = (maxLineLength: number): number =>
    parseText(`${open}\n${element}\n${element}`, { mode: 'tolerant', maxLineLength }).length;
  // With one character more, the rest belongs to the text after it.
  expect([read(length - 1 + element.length), read(element.length)]).toEqual([1, 1]);
  const small = '<flow>\n'.padEnd(element.length + 20, 'x\n');
  const after = (prefix: string, cut: string): number =>
    parseText(`${prefix}${cut}\n${element}\n${element}`, { mode: 'tolerant', maxLineLength: element.length + 10 })
      .length;
  for (const prefix of ['', '   ']) {
    expect(after(prefix, small.slice(0, element.length + 11))).toBe(2);
    expect(after(prefix, small.slice(0, element.length + 10))).toBe(1);
  }
});

it('an element on a line with others may be as long as a line', () => {
  expect(parseText(element + element, { maxLineLength: element.length * 2 })).toHaveLength(2);
  expect(
    parseText(`${element}\n${element.replace('><', '>\n<')}${element}`, { maxLineLength: element.length * 2 - 1 }),
  ).toHaveLength(3);
});

it('an element may end directly after its first line', () => {
  expect(faultsOf('<flow>\n</flow>')).toEqual([['PROTOCOL_EXPECTED', 1, 1, 'a protocol name', '<flow>']]);
  expect(faultsOf('<flow  type="new" \n></flow>')).toEqual([
    ['PROTOCOL_EXPECTED', 1, 1, 'a protocol name', '<flow  type="new" '],
  ]);
});
