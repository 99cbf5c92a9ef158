import type { Flow } from '@conntrack/flow';
import type { ParseError } from '@conntrack/parser';
import { parseEventText, parseText } from '@conntrack/parser';
import { describe, expect, it } from 'vitest';

const ENDS = { src: '192.0.2.1', dst: '192.0.2.2' };
const flow: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { ...ENDS, sport: 1, dport: 2 },
  reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 2, dport: 1 },
};
const fault = (value: unknown): [code: string, column: number, expected: string] => {
  try {
    parseText(typeof value === 'string' ? value : JSON.stringify(value), { format: 'ndjson' });
  } catch (error) {
    const { code, column, expected } = error as ParseError;
    return [code, column, expected];
  }
  throw new Error('it was read');
};
const read = (more: object): Flow[] => parseText(JSON.stringify({ ...flow, ...more }));

describe('a flow in JSON', () => {
  it.each([
    {},
    { protonum: 0, protocol: 'hopopt' },
    { protonum: 255, protocol: '255' },
    {
      original: { ...ENDS, type: 255, code: 0, id: 65535, zone: 65535, srckey: 0, dstkey: 65535, packets: 2 ** 53 - 1 },
    },
    { original: { src: '0.0.0.0', dst: '0.0.0.0' } },
    { family: 'ipv6', original: { src: '::1', dst: '::' }, reply: { src: '::', dst: '::1' } },
    { timeout: 0, zone: 65535, id: 0xffffffff, portid: 0, helper: '', progname: 'a' },
    { mark: 0xffffffff, use: 0, secmark: 1, deltaTime: -5, state: 'CLOSE', secctx: 'x', key: 'k' },
    { state: '11' },
    { start: '2026-11-21T04:17:25Z', stop: '2026-11-21T04:17:25.5Z', status: ['ASSURED', 'BIT_17'] },
    { labels: [0, 127, 'web'], extra: [{ text: 'a=1', after: 'use' }] },
    { protoinfo: { vtag: { original: 1 }, wscale: { reply: 2 }, role: 'client' } },
    { master: { src: '1.1.1.1', dst: '2.2.2.2' } },
    { master: { family: 'ipv6', src: '::1', dst: '::2' } },
  ])('a flow in JSON may have %j', more => expect(read(more)).toEqual([{ ...flow, ...more }]));

  it.each<[field: string, value: unknown]>([
    ['family', 'ipv5'],
    ['family', undefined],
    ['protonum', 256],
    ['protonum', -1],
    ['protonum', 1.5],
    ['protonum', '6'],
    ['protocol', 'udp'],
    ['protocol', 'nonsense'],
    ['protocol', 5],
    ['original', undefined],
    ['original', null],
    ['original', []],
    ['original', { src: '192.0.2.1' }],
    ['original', { ...ENDS, src: 5 }],
    ['original', { ...ENDS, src: '192.0.2.256' }],
    ['original', { ...ENDS, dst: '::1' }],
    ['original', { ...ENDS, type: 256 }],
    ['original', { ...ENDS, code: -1 }],
    ['original', { ...ENDS, sport: 65536 }],
    ['original', { ...ENDS, id: 65536 }],
    ['original', { ...ENDS, srckey: '0x1' }],
    ['original', { ...ENDS, zone: 65536 }],
    ['original', { ...ENDS, packets: -1 }],
    ['original', { ...ENDS, bytes: 2 ** 53 }],
    ['reply', { ...ENDS, dst: 'gw' }],
    ['reply', 5],
    ['timeout', -1],
    ['timeout', '5'],
    ['zone', 65536],
    ['id', 2 ** 32],
    ['portid', -1],
    ['helper', 5],
    ['progname', null],
    ['extra', [{ text: 'a=1' }]],
    ['extra', {}],
    ['mark', 2 ** 32],
    ['use', 0.5],
    ['secmark', 'x'],
    ['deltaTime', 0.5],
    ['state', 5],
    ['state', 'NOSTATE'],
    ['state', '256'],
    ['secctx', 5],
    ['key', 5],
    ['start', 'now'],
    ['firstSeen', 'now'],
    ['rate', 5],
    ['rate', { original: -1 }],
    ['stop', 5],
    ['status', ['ASURED']],
    ['status', [4]],
    ['status', 'ASSURED'],
    ['master', { src: '1.1.1.1', dst: '::1' }],
    ['labels', [128]],
    ['labels', [-1]],
    ['labels', 'web'],
    ['protoinfo', { vtag: 5 }],
    ['protoinfo', { wscale: { original: -1 } }],
    ['protoinfo', { role: 5 }],
    ['protoinfo', []],
  ])('a flow in JSON with a wrong %s, %j, is a fault that names it', (field, value) => {
    const text = JSON.stringify({ ...flow, [field]: value });
    expect(fault(text)).toEqual(['FIELD_EXPECTED', Math.max(0, text.indexOf(`"${field}"`)) + 1, `a valid '${field}'`]);
  });

  it('a flow in JSON needs the protocol number, but not the name', () => {
    expect(read({ protocol: undefined })).toEqual([flow]);
  });

  it('a JSON line is a flow, or an event with one', () => {
    expect(fault('[1]')).toEqual(['JSON_EXPECTED', 1, 'a JSON object']);
    expect(fault('5')).toEqual(['JSON_EXPECTED', 1, 'a JSON object']);
    expect(fault('null')).toEqual(['JSON_EXPECTED', 1, 'a JSON object']);
    expect(fault('{"family"')).toEqual(['JSON_EXPECTED', 1, 'a JSON object']);
    expect(fault({ type: 'error', title: 'Full' })).toEqual([
      'JSON_EXPECTED',
      1,
      'a complete list; the server stopped it: Full',
    ]);
    expect(fault({ type: 'new', flow: 5 })).toEqual(['FIELD_EXPECTED', 1, "an object as 'flow'"]);
    expect(fault({ type: 'new', flow: null })).toEqual(['FIELD_EXPECTED', 1, "an object as 'flow'"]);
    expect(fault({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9 })).toEqual([
      'FIELD_EXPECTED',
      1,
      'the fields of a flow, not a, b, c, d, e, f, g, h',
    ]);
    expect(fault({ family: 'ipv4' })[2]).toBe("a valid 'protonum'");
    expect(fault({ protonum: 6 })[2]).toBe("a valid 'family'");
    expect(parseText('{"type":"bookmark"}')).toEqual([]);
  });

  it('an event in JSON has its type and, if given, its time', () => {
    const time = '2026-11-21T04:17:25.000000000Z';
    for (const type of ['new', 'update', 'destroy'] as const) {
      expect(parseEventText(JSON.stringify({ type, flow, time }))).toStrictEqual([{ type, flow, time }]);
      expect(parseEventText(JSON.stringify({ type, flow, time: 5 }))).toStrictEqual([{ type, flow }]);
    }
    expect(() => parseEventText(JSON.stringify({ type: 'gone', flow }))).toThrow(
      expect.objectContaining({ code: 'TAG_EXPECTED', expected: 'an event: new, update or destroy' }),
    );
  });
});
