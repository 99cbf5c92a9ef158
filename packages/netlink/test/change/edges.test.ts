import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeDelete, writeGet, writeUpdate } from '../../src/change/flow.js';
import { conditionsOf, writeFlush } from '../../src/change/flush.js';
import type { KernelFilter } from '../../src/change/push-down.js';
import { writeKernelFilter } from '../../src/change/write-kernel-filter.js';
import { writeExpectationDelete } from '../../src/expectation/request.js';
import { NetlinkError } from '../../src/wire/error.js';
import { messages } from '../../src/wire/message.js';
import { CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, IPCTNL_MSG_CT_DELETE } from '../../src/wire/uapi.js';
import { MessageWriter } from '../../src/wire/writer.js';
import { anyFlow } from '../arbitraries.js';

function refusal(write: (writer: MessageWriter) => void): NetlinkError {
  try {
    write(new MessageWriter());
  } catch (error) {
    if (error instanceof NetlinkError) return error;
    throw error;
  }
  throw new Error('it was written');
}

const complete = {
  family: 'ipv4',
  protonum: 6,
  original: { src: '1.1.1.1', dst: '2.2.2.2', sport: 1, dport: 2 },
} as const;

describe('a delete without a complete tuple cannot be written', () => {
  const withouts: readonly unknown[] = [
    {},
    { ...complete, original: undefined },
    { ...complete, original: {} },
    ...['src', 'dst', 'sport', 'dport'].map(field => ({
      ...complete,
      original: { ...complete.original, [field]: undefined },
    })),
    { ...complete, protonum: 1 },
    { ...complete, protonum: 47 },
    { ...complete, original: undefined, zone: 5, id: 9 },
    { ...complete, original: {}, reply: complete.original, id: 9 },
  ];
  test.each(withouts.map(ref => [JSON.stringify(ref), ref] as const))(
    'a delete without a complete tuple cannot be written: %s',
    (_, ref) => {
      for (const write of [
        writeDelete,
        (writer: MessageWriter, sequence: number, _flags: number, given: never) =>
          writeExpectationDelete(writer, sequence, {
            ...(given as object),
            tuple: (given as { original: never }).original,
          } as never),
      ])
        expect(refusal(writer => write(writer, 1, 0, ref as never)).code).toBe('TUPLE_INCOMPLETE');
      expect(refusal(writer => writeGet(writer, 1, ref as never)).code).toBe('TUPLE_INCOMPLETE');
      expect(refusal(writer => writeUpdate(writer, 1, 0, ref as never, {}, undefined)).code).toBe('TUPLE_INCOMPLETE');
    },
  );

  const halves = [
    null,
    {},
    ...['src', 'dst', 'sport', 'dport'].map(field => ({ ...complete.original, [field]: undefined })),
  ];
  test.each(halves)('a delete by half a reply tuple cannot be written: %j', reply => {
    const error = refusal(writer => writeDelete(writer, 1, 0, { ...complete, id: 9, reply } as never));
    expect(error).toMatchObject({ code: 'TUPLE_INCOMPLETE', operation: 'delete' });
  });

  test('a delete cannot be written for a reply zone that needs an id', () => {
    const error = refusal(writer => writeDelete(writer, 1, 0, { ...complete, replyZone: 4 }));
    expect(error).toMatchObject({ code: 'NOT_ENCODABLE', operation: 'delete' });
    expect(refusal(writer => writeUpdate(writer, 1, 0, { ...complete, replyZone: 4 }, {}, undefined)).code).toBe(
      'NOT_ENCODABLE',
    );
    writeDelete(new MessageWriter(), 1, 0, { ...complete, replyZone: 4, id: 0 });
  });

  test('a delete with invalid addresses, or addresses of another family, cannot be written', () => {
    for (const src of ['1.1.1', '::1', 'x', ' 1.1.1.1', '01.1.1.1'])
      expect(
        refusal(writer => writeDelete(writer, 1, 0, { ...complete, original: { ...complete.original, src } })).code,
      ).toBe('NOT_ENCODABLE');
    for (const family of ['inet', undefined, 'IPv4'] as never[])
      expect(refusal(writer => writeDelete(writer, 1, 0, { ...complete, family }))).toBeInstanceOf(NetlinkError);
  });

  test('any delete is refused, or contains a tuple', () => {
    const anything = fc.record({
      family: fc.constantFrom('ipv4', 'ipv6'),
      protonum: fc.anything(),
      original: fc.anything(),
      reply: fc.anything(),
      zone: fc.anything(),
      id: fc.anything(),
    });
    const half = fc.record({ reply: fc.anything(), id: fc.nat() }).map(given => ({ ...complete, ...given }));
    fc.assert(
      fc.property(fc.oneof(anything, half, anyFlow), ref => {
        const writer = new MessageWriter();
        try {
          writeDelete(writer, 1, 0, ref as never);
        } catch (error) {
          expect(error).toBeInstanceOf(NetlinkError);
          return;
        }
        const bytes = writer.bytes();
        const [message] = [...messages(bytes)];
        expect(message!.type & 0xff).toBe(IPCTNL_MSG_CT_DELETE);
        const first = new DataView(bytes.buffer).getUint16(22, true) & 0x3fff;
        expect([CTA_TUPLE_ORIG, CTA_TUPLE_REPLY]).toContain(first);
        // Never version 0, with which the kernel ignores the family.
        expect(bytes[17]).toBe(1);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('flush', () => {
  test('a flush of everything must be confirmed', () => {
    for (const scope of [{}, { all: false }, { zone: undefined }, { src: '1.1.1.1' }, { labels: [1] }] as never[])
      expect(refusal(writer => writeFlush(writer, 1, scope)).code).toBe('NOT_ENCODABLE');
  });

  test('a flush cannot have `all` and a condition at once', () => {
    expect(refusal(writer => writeFlush(writer, 1, { all: true, mark: 1 } as never)).code).toBe('NOT_ENCODABLE');
    expect(refusal(writer => writeFlush(writer, 1, { family: 'ipv4', dport: 1 } as never)).code).toBe('NOT_ENCODABLE');
    expect(conditionsOf({ mark: 0 })).toEqual(['mark']);
    expect(conditionsOf({ family: 'ipv4', protonum: 6, reply: { dport: 1 } })).toEqual(['family', 'tuple']);
  });
});

describe('flush by tuple', () => {
  const refused: readonly object[] = [
    { family: 'ipv4', original: {} },
    { family: 'ipv4', reply: { src: undefined } },
    { original: { src: '1.1.1.1' } },
    { family: 'ipv6', original: { src: '::1' } },
    { family: 'ipv4', protonum: 132, original: { dport: 9 } },
    { family: 'ipv4', constructor: 1 },
    { mark: 0, markMask: 0 },
    { family: 'IPv4' },
    { family: 2 },
    { family: null },
    { family: 'inet', mark: 1 },
    { mark: 1, markMask: 0, family: 'ipv4' },
    { status: 0, statusMask: 0 },
  ];
  test.each(refused.map(scope => [JSON.stringify(scope), scope] as const))(
    'a flush by tuple is refused: %s',
    (_, scope) => {
      expect(refusal(writer => writeFlush(writer, 1, scope as never)).code).toBe('NOT_ENCODABLE');
    },
  );
});

describe('kernel filters: only what the kernel compares rightly', () => {
  const refused: readonly (readonly [string, KernelFilter, RegExp])[] = [
    ['IPv6 addresses', { family: 'ipv6', original: { src: '::1' } }, /compares IPv6 addresses incorrectly/],
    ['SCTP ports', { family: 'ipv4', protonum: 132, original: { dport: 9 } }, /ignores 'dport'/],
    ['ports without a protocol', { family: 'ipv4', original: { dport: 9 } }, /ignores 'dport'/],
    ['ICMPv6 types', { family: 'ipv6', protonum: 58, original: { type: 128 } }, /ignores 'type'/],
    ['GRE keys', { family: 'ipv4', protonum: 47, original: { srckey: 1 } }, /'srckey'/],
    ['zones in a tuple', { family: 'ipv4', original: { zone: 1 } }, /'zone'/],
    ['a tuple without a family', { original: { src: '1.1.1.1' } }, /requires a family/],
    ['a protocol without a family', { protonum: 6 }, /requires a family/],
    ['a mask alone', { markMask: 1 }, /requires a mark/],
    ['a status of no bit', { status: 0 }, /would match everything/],
    ['a field that is none', { tcpState: 1 } as never, /'tcpState'/],
    ['a number that is none', { mark: -1 }, /whole number/],
    ['a number too large', { zone: 65536 }, /whole number/],
  ];
  test.each(refused)('a kernel filter is refused if the kernel compares it incorrectly: %s', (_, filter, reason) => {
    const error = refusal(writer => {
      writer.begin(1, 1, 1, 1, 0);
      writeKernelFilter(writer, 'dump', filter);
    });
    expect(error.code).toBe('NOT_ENCODABLE');
    expect(error.message).toMatch(reason);
  });
});
