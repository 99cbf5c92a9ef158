import type { Flow } from '@conntrack/flow';
import { findColumn } from '@conntrack/flow/columns';
import type { ParseError } from '@conntrack/parser';
import { parseText } from '@conntrack/parser/all';
import { flowWriter } from '@conntrack/parser/presets';
import { describe, expect, it } from 'vitest';

const flow: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2 },
  reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 2, dport: 1 },
};
const columns = ['family', 'proto', 'src', 'dst', 'reply.src', 'reply.dst'];
const FRONT = 'ipv4,tcp,192.0.2.1,192.0.2.2,192.0.2.2,192.0.2.1';
const bare: Flow = {
  ...flow,
  original: { src: '192.0.2.1', dst: '192.0.2.2' },
  reply: { src: '192.0.2.2', dst: '192.0.2.1' },
};
/** The cell of a field. */
const cellOf = (field: string, more: Partial<Flow>): string =>
  flowWriter('csv', { columns: [findColumn(field)!] })
    .line({ ...flow, ...more })
    .slice(0, -2);
/** Returns the fields that a cell is read as. */
const readCell = (field: string, cell: string): Partial<Flow> => {
  const [one] = parseText(`${[...columns, field]}\r\n${FRONT},${cell}\r\n`);
  return Object.fromEntries(
    Object.entries(one!).filter(
      ([name, value]) => bare[name as keyof Flow] !== value && typeof bare[name as keyof Flow] !== 'object',
    ),
  );
};
const fault = (text: string): [code: string, line: number, column: number, expected: string] => {
  try {
    parseText(text, { format: 'csv' });
  } catch (error) {
    const { code, line, column, expected } = error as ParseError;
    return [code, line, column, expected];
  }
  throw new Error('it was read');
};

describe('a cell of CSV', () => {
  it.each<[string, Partial<Flow>, string]>([
    ['mark', { mark: 7 }, '7'],
    ['mark', {}, ''],
    ['helper', { helper: 'ftp' }, 'ftp'],
    ['helper', { helper: '' }, '""'],
    ['helper', { helper: 'a,b' }, '"a,b"'],
    ['helper', { helper: 'a"b' }, '"a""b"'],
    ['helper', { helper: ' a' }, '" a"'],
    ['helper', { helper: 'a ' }, '"a "'],
    ['helper', { helper: 'a b' }, 'a b'],
    ['helper', { helper: '[x' }, '"""[x"""'],
    ['helper', { helper: '{x' }, '"""{x"""'],
    ['helper', { helper: '"x' }, '"""\\""x"""'],
    ['helper', { helper: 'x[{' }, 'x[{'],
    ['helper', { helper: 'a\u001b' }, '"""a\\u001b"""'],
    ['label', { labels: [1, 2] }, '1 2'],
    ['label', { labels: [1, 'web', 'x1'] }, '1 web x1'],
    ['label', { labels: ['1x'] }, '1x'],
    ['label', { labels: [] }, '[]'],
    ['label', { labels: ['12'] }, '"[""12""]"'],
    ['label', { labels: ['a b'] }, '"[""a b""]"'],
    ['label', { labels: ['a[b'] }, '"[""a[b""]"'],
    ['label', { labels: [''] }, '"[""""]"'],
    ['label', { labels: ['a\u001b'] }, '"[""a\\u001b""]"'],
    ['status', { status: ['ASSURED', 'CONFIRMED'] }, 'ASSURED CONFIRMED'],
    ['protoinfo', { protoinfo: {} }, '{}'],
    ['protoinfo', { protoinfo: { role: 'client' } }, '"{""role"":""client""}"'],
  ])('the CSV cell of %s for %j is written, and read back', (field, more, cell) => {
    expect(cellOf(field, more)).toBe(cell);
    expect(readCell(field, cell)).toEqual(more);
  });

  it.each<[string, string]>([
    ['mark', 'x7'],
    ['mark', ' 7'],
    ['mark', '7 '],
    ['mark', '7x'],
    ['mark', '12345678901234567'],
    ['mark', '-1'],
    ['protoinfo', 'client'],
    ['protoinfo', '{'],
    ['helper', '"[x"'],
    ['label', '128'],
  ])('the CSV cell of %s cannot be %s', (field, cell) => {
    const name = field === 'label' ? 'labels' : field;
    const [code, line, , expected] = fault(`${[...columns, field]}\n${FRONT},${cell}`);
    expect([code, line]).toEqual(['FIELD_EXPECTED', 2]);
    expect([`a valid '${field}'`, `a valid '${name}'`]).toContain(expected);
  });
});

describe('a CSV', () => {
  it('faults of a CSV have their places', () => {
    const head = `${columns}`;
    expect(fault(`${head},marc\n`)).toEqual(['FIELD_EXPECTED', 1, head.length + 2, 'the name of a column']);
    expect(fault('src,dst\n')).toEqual([
      'FIELD_EXPECTED',
      1,
      1,
      'a CSV of complete flows; missing columns: family, proto, reply.src, reply.dst',
    ]);
    expect(fault(`${head}\n\n${FRONT},5`)).toEqual(['FIELD_EXPECTED', 3, FRONT.length + 3, '6 cells; this line has 7']);
    expect(fault(`${head}\n${FRONT.replace('tcp', 't"cp')}`)).toEqual(['FIELD_EXPECTED', 2, 6, 'a cell of CSV']);
    expect(fault(`${head},mark\n${FRONT},x`)).toEqual(['FIELD_EXPECTED', 2, FRONT.length + 2, "a valid 'mark'"]);
    expect(fault(`${head}\nipv4,tpc${FRONT.slice(8)}`)).toEqual(['FIELD_EXPECTED', 2, 1, "a valid 'protonum'"]);
    expect(fault(`${head}\nipv4,"[5]"${FRONT.slice(8)}`)[0]).toBe('FIELD_EXPECTED');
  });

  it('a CSV is recognized by its header, also after a byte order mark, and by no other line', () => {
    expect(parseText(`\ufeff${columns}\n${FRONT}\n`)).toEqual([bare]);
    expect(parseText(`${columns}\r\n`)).toEqual([]);
    expect(() => parseText(`family\n${FRONT}`)).toThrow('flows: /proc/net/nf_conntrack');
    expect(() => parseText(`family,\ufeffproto\n${FRONT}`)).toThrow('flows: /proc/net/nf_conntrack');
    expect(() => parseText(`family,proto,marc\n${FRONT}`)).toThrow('flows: /proc/net/nf_conntrack');
  });

  it('a CSV may have columns of sums, which are ignored, and protocols as numbers', () => {
    expect(parseText(`${columns},bytes\n${FRONT},500\n`)).toEqual([bare]);
    expect(parseText(`${columns}\n${FRONT.replace('tcp', '6')}\n`)).toEqual([{ ...bare, protocol: '6' }]);
  });
});
