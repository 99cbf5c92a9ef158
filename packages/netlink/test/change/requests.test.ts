// Compares requests byte for byte. The decoder here is independent of the encoders: it has the numbers of
// linux/netfilter/nfnetlink_conntrack.h, written out.
import { endianness } from 'node:os';
import { describe, expect, test } from 'vitest';
import { writeCreate, writeDelete, writeGet, writeProtoInfo, writeUpdate } from '../../src/change/flow.js';
import { conditionsOf, writeFlush } from '../../src/change/flush.js';
import type { KernelFilter } from '../../src/change/push-down.js';
import { writePartialTuple, writeTuple } from '../../src/change/tuple.js';
import { filterFamily, writeKernelFilter } from '../../src/change/write-kernel-filter.js';
import {
  writeExpectationCreate,
  writeExpectationDelete,
  writeExpectationDump,
  writeExpectationFlush,
  writeExpectationGet,
} from '../../src/expectation/request.js';
import { NetlinkError, type Operation } from '../../src/wire/error.js';
import { inRange, labelBytes } from '../../src/wire/types.js';
import { MessageWriter } from '../../src/wire/writer.js';

const NATIVE = endianness() === 'LE';
type Tree = [type: number, value: string | Tree[]];

/** The attributes of a message: a nest as its attributes, others in hexadecimal. Padding must be zero. */
function attributes(bytes: Uint8Array): Tree[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Tree[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [length, type] = [view.getUint16(at, NATIVE), view.getUint16(at + 2, NATIVE)];
    const payload = bytes.subarray(at + 4, at + length);
    const next = (at + length + 3) & ~3;
    expect([...bytes.subarray(at + length, next)].every(byte => byte === 0)).toBe(true);
    found.push([type & 0x3fff, (type & 0x8000) !== 0 ? attributes(payload) : Buffer.from(payload).toString('hex')]);
    at = next;
  }
  expect(at).toBe(bytes.length);
  return found;
}

/** One message: nlmsghdr, nfgenmsg, attributes. */
function message(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  expect(view.getUint32(0, NATIVE)).toBe(bytes.length);
  return {
    type: view.getUint16(4, NATIVE),
    flags: view.getUint16(6, NATIVE),
    sequence: view.getUint32(8, NATIVE),
    portid: view.getUint32(12, NATIVE),
    family: bytes[16],
    version: bytes[17],
    resource: view.getUint16(18),
    attributes: attributes(bytes.subarray(20)),
  };
}
const written = (write: (writer: MessageWriter) => unknown) => {
  const writer = new MessageWriter(8);
  write(writer);
  return message(writer.bytes());
};
const bodyOf = (write: (writer: MessageWriter) => unknown): Tree[] => written(write).attributes;
const tupleOf = (family: 'ipv4' | 'ipv6', protonum: number, tuple: object): Tree[] =>
  bodyOf(writer => {
    writer.begin(1, 0, 0, 0, 0);
    writeTuple(writer, 1, 'create', family, protonum, tuple as never);
    writer.end();
  });

/** Returns the error with which a request is refused. It names the operation, and has a code for callers. */
function refusal(operation: Operation, write: (writer: MessageWriter) => unknown): NetlinkError {
  try {
    write(new MessageWriter().begin(1, 0, 0, 0, 0));
  } catch (error) {
    expect(error).toBeInstanceOf(NetlinkError);
    expect(error).toMatchObject({ operation, code: expect.stringMatching(/^(TUPLE_INCOMPLETE|NOT_ENCODABLE)$/) });
    return error as NetlinkError;
  }
  throw new Error('it was written');
}

const REF = {
  family: 'ipv4',
  protonum: 6,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 0x1234, dport: 80 },
} as const;
const ORIGINAL: Tree[] = [
  [
    1,
    [
      [1, '0a000001'],
      [2, '0a000002'],
    ],
  ],
  [
    2,
    [
      [1, '06'],
      [2, '1234'],
      [3, '0050'],
    ],
  ],
];
const REPLY_TUPLE = { src: '192.0.2.9', dst: '10.0.0.1', sport: 8080, dport: 0x1234 };
const REPLY: Tree[] = [
  [
    1,
    [
      [1, 'c0000209'],
      [2, '0a000001'],
    ],
  ],
  [
    2,
    [
      [1, '06'],
      [2, '1f90'],
      [3, '1234'],
    ],
  ],
];
const [CT, EXP] = [1 << 8, 2 << 8];
const [REQUEST, ACK, EXCL, CREATE, DUMP] = [1, 4, 0x200, 0x400, 0x300];
const header = { sequence: 7, portid: 0, family: 2, version: 1, resource: 0 };

describe('a tuple', () => {
  const v4 = { src: '1.2.3.4', dst: '255.254.253.252' };
  const IP: Tree = [
    1,
    [
      [1, '01020304'],
      [2, 'fffefdfc'],
    ],
  ];

  test.each([6, 17, 33, 132, 136])('a tuple of protocol %i has ports', protonum => {
    const proto = protonum.toString(16).padStart(2, '0');
    expect(tupleOf('ipv4', protonum, { ...v4, sport: 0, dport: 65535 })).toEqual([
      [
        1,
        [
          IP,
          [
            2,
            [
              [1, proto],
              [2, '0000'],
              [3, 'ffff'],
            ],
          ],
        ],
      ],
    ]);
  });

  test('a tuple of GRE has keys, which are sent as ports', () => {
    expect(tupleOf('ipv4', 47, { ...v4, srckey: 1, dstkey: 0xfffe })).toEqual([
      [
        1,
        [
          IP,
          [
            2,
            [
              [1, '2f'],
              [2, '0001'],
              [3, 'fffe'],
            ],
          ],
        ],
      ],
    ]);
  });

  test('a tuple of ICMP or ICMPv6 has id, type and code, with attribute numbers of its own', () => {
    const icmp = { type: 255, code: 1, id: 0xabcd };
    expect(tupleOf('ipv4', 1, { ...v4, ...icmp })).toEqual([
      [
        1,
        [
          IP,
          [
            2,
            [
              [1, '01'],
              [4, 'abcd'],
              [5, 'ff'],
              [6, '01'],
            ],
          ],
        ],
      ],
    ]);
    expect(tupleOf('ipv6', 58, { src: '2001:db8::1', dst: '::', ...icmp })).toEqual([
      [
        1,
        [
          [
            1,
            [
              [3, '20010db8000000000000000000000001'],
              [4, '0'.repeat(32)],
            ],
          ],
          [
            2,
            [
              [1, '3a'],
              [7, 'abcd'],
              [8, 'ff'],
              [9, '01'],
            ],
          ],
        ],
      ],
    ]);
  });

  test('a tuple may have the unspecified address as its source', () => {
    expect(tupleOf('ipv4', 50, { src: '0.0.0.0', dst: '255.255.255.255' })).toEqual([
      [
        1,
        [
          [
            1,
            [
              [1, '00000000'],
              [2, 'ffffffff'],
            ],
          ],
          [2, [[1, '32']]],
        ],
      ],
    ]);
  });

  test('a tuple of a protocol without a tracker has only its number', () => {
    for (const [protonum, proto] of [
      [50, '32'],
      [0, '00'],
      [255, 'ff'],
    ] as const)
      expect(tupleOf('ipv4', protonum, v4)).toEqual([[1, [IP, [2, [[1, proto]]]]]]);
  });

  test('a tuple of a protocol whose tracker may be missing may have no ports, and never only one', () => {
    for (const protonum of [47, 33, 132, 136])
      expect(tupleOf('ipv4', protonum, v4)).toEqual([[1, [IP, [2, [[1, protonum.toString(16).padStart(2, '0')]]]]]]);
    for (const [protonum, half, missing] of [
      [47, { srckey: 1 }, 'dstkey'],
      [47, { dstkey: 1 }, 'srckey'],
      [132, { dport: 1 }, 'sport'],
      // The parts of another protocol do not count.
      [132, { id: 1 }, 'sport'],
      [47, { sport: 1 }, 'srckey'],
      [6, {}, 'sport'],
      [17, { sport: 1 }, 'dport'],
      [1, { type: 8, code: 0 }, 'id'],
      [1, { id: 1, code: 0 }, 'type'],
      [58, { id: 1, type: 128 }, 'code'],
    ] as const) {
      const family = protonum === 58 ? 'ipv6' : 'ipv4';
      const ends = protonum === 58 ? { src: '::1', dst: '::2' } : v4;
      const error = refusal('delete', w => writeTuple(w, 1, 'delete', family, protonum, { ...ends, ...half } as never));
      expect([protonum, half, error.code, error.message]).toEqual([
        protonum,
        half,
        'TUPLE_INCOMPLETE',
        expect.stringMatching(`delete refused: the tuple has no ${missing}; .* would apply to every entry`),
      ]);
    }
  });

  test('an incomplete tuple is refused, and the error names the missing part', () => {
    const given = { ...REF, ...REF.original };
    for (const [family, protonum, tuple, missing] of [
      [undefined, 6, given, 'family'],
      ['ipv4', 6, { ...given, src: undefined }, 'source address'],
      ['ipv4', 6, { ...given, src: '' }, 'source address'],
      ['ipv4', 6, { ...given, dst: undefined }, 'destination address'],
      ['ipv4', undefined, given, 'protocol'],
      ['ipv4', 6, undefined, 'source address'],
      ['ipv4', 6, null, 'source address'],
    ] as const) {
      const error = refusal('get', w => writeTuple(w, 1, 'get', family as never, protonum as never, tuple as never));
      expect([error.code, error.message]).toEqual(['TUPLE_INCOMPLETE', expect.stringContaining(`has no ${missing};`)]);
    }
    const family = refusal('get', w => writeTuple(w, 1, 'get', 'inet' as never, 6, REF.original));
    expect([family.code, family.message]).toEqual(['NOT_ENCODABLE', expect.stringContaining("got 'inet'")]);
  });

  test('a tuple part that is out of range or not a number is refused', () => {
    const bad = (protonum: number, part: object) =>
      refusal('create', w =>
        writeTuple(w, 1, 'create', 'ipv4', protonum, { ...REF.original, id: 1, type: 1, code: 1, ...part }),
      );
    for (const value of [-1, 65536, 1.5, Number.NaN, '80', null, Number.POSITIVE_INFINITY]) {
      const error = bad(6, { dport: value });
      expect([error.code, error.message]).toEqual([
        'NOT_ENCODABLE',
        expect.stringContaining(`dport ${JSON.stringify(value)} must be a whole number from 0 to 65535`),
      ]);
    }
    expect(bad(1, { type: 256 }).message).toContain('type 256 must be a whole number from 0 to 255');
    expect(bad(1, { id: 65536 }).message).toContain('id 65536');
    for (const protonum of [-1, 256, 6.5, '6'])
      expect(bad(protonum as number, {}).message).toContain(
        `protocol number ${JSON.stringify(protonum)} must be a whole`,
      );
  });

  test('the addresses of a tuple must be text, and of its family', () => {
    const bad = (family: 'ipv4' | 'ipv6', src: unknown) =>
      refusal('create', w => writeTuple(w, 1, 'create', family, 6, { ...REF.original, src } as never));
    for (const src of ['::1', '1.2.3', '1.2.3.4 ', 'x']) {
      const error = bad('ipv4', src);
      expect([error.code, error.message]).toEqual([
        'NOT_ENCODABLE',
        expect.stringContaining(`'${src}' is not an IPv4`),
      ]);
    }
    for (const src of ['1.2.3.4', ':::', 'x'])
      expect(bad('ipv6', src).message).toContain(`'${src}' is not an IPv6 address`);
    for (const src of [1, ['1.1.1.1'], { toString: () => '1.1.1.1' }])
      expect(bad('ipv4', src)).toMatchObject({
        code: 'NOT_ENCODABLE',
        message: expect.stringContaining('must be a string'),
      });
  });

  test('a tuple may have a zone of its direction', () => {
    const zoned = (zone: number): Tree[] => tupleOf('ipv4', 50, { ...v4, zone });
    expect(zoned(0xfffe)).toEqual([[1, [IP, [2, [[1, '32']]], [3, 'fffe']]]]);
    expect(zoned(0)).toEqual([[1, [IP, [2, [[1, '32']]], [3, '0000']]]]);
    expect(refusal('create', () => zoned(65536)).message).toContain(
      'zone 65536 must be a whole number from 0 to 65535',
    );
  });

  test('a tuple for a filter has the given parts, and no empty nest', () => {
    const partial = (protonum: number | undefined, tuple: object): Tree[] =>
      bodyOf(writer => {
        writer.begin(1, 0, 0, 0, 0);
        writePartialTuple(writer, 2, 'dump', 'ipv4', protonum, tuple);
        writer.end();
      });
    expect(partial(undefined, {})).toEqual([[2, []]]);
    expect(partial(undefined, { src: '1.1.1.1' })).toEqual([[2, [[1, [[1, '01010101']]]]]]);
    expect(partial(undefined, { dst: '1.1.1.1' })).toEqual([[2, [[1, [[2, '01010101']]]]]]);
    expect(partial(17, {})).toEqual([[2, [[2, [[1, '11']]]]]]);
    expect(partial(17, { dport: 53 })).toEqual([
      [
        2,
        [
          [
            2,
            [
              [1, '11'],
              [3, '0035'],
            ],
          ],
        ],
      ],
    ]);
    expect(partial(undefined, { dport: 53 })).toEqual([[2, []]]);
    const error = refusal('dump', w => writePartialTuple(w, 2, 'dump', 'ipv4', 256, {}));
    expect(error.message).toContain('protocol number 256 must be a whole number from 0 to 255');
  });

  test('both bounds of a number are checked', () => {
    expect([inRange('get', 'x', 0, 9), inRange('get', 'x', 9, 9)]).toEqual([0, 9]);
    for (const value of [-1, 10]) expect(() => inRange('get', 'x', value, 9)).toThrow(NetlinkError);
  });
});

describe('a delete', () => {
  const deleted = (ref: object, flags = ACK) => written(w => writeDelete(w, 7, flags, { ...REF, ...ref } as never));

  test('a delete names its entry by the original tuple, and by the id if known', () => {
    expect(deleted({})).toEqual({ ...header, type: CT | 2, flags: REQUEST | ACK, attributes: [[1, ORIGINAL]] });
    expect(deleted({}, 0).flags).toBe(REQUEST);
    expect(deleted({ id: 0xfffffffe }).attributes).toEqual([
      [1, ORIGINAL],
      [12, 'fffffffe'],
    ]);
    expect(deleted({ id: 0 }).attributes).toEqual([
      [1, ORIGINAL],
      [12, '00000000'],
    ]);
    // A reply tuple alone could name a connection with any original tuple.
    expect(deleted({ reply: REPLY_TUPLE }).attributes).toEqual([[1, ORIGINAL]]);
  });

  test('a delete names its entry by the reply tuple if it and the id are known', () => {
    expect(deleted({ reply: REPLY_TUPLE, id: 5 }).attributes).toEqual([
      [2, REPLY],
      [12, '00000005'],
    ]);
    expect(deleted({ reply: REPLY_TUPLE, id: 5, replyZone: 3 }).attributes).toEqual([
      [2, [...REPLY, [3, '0003']]],
      [12, '00000005'],
    ]);
    expect(deleted({ reply: { ...REPLY_TUPLE, zone: 4 }, id: 5, replyZone: 3 }).attributes).toEqual([
      [2, [...REPLY, [3, '0004']]],
      [12, '00000005'],
    ]);
    const half = { ...REF, original: { ...REF.original, sport: undefined }, reply: REPLY_TUPLE, id: 5 };
    expect(refusal('delete', w => writeDelete(w, 7, 0, half as never)).code).toBe('TUPLE_INCOMPLETE');
  });

  test('a delete has a zone, except for zone 0', () => {
    expect(deleted({ zone: 0x102 }).attributes).toEqual([
      [1, ORIGINAL],
      [18, '0102'],
    ]);
    expect(deleted({ zone: 0 }).attributes).toEqual([[1, ORIGINAL]]);
    expect(refusal('delete', w => writeDelete(w, 1, 0, { ...REF, zone: 65536 })).message).toContain('zone 65536');
    const none = refusal('delete', w => writeDelete(w, 1, 0, { ...REF, original: {} as never }));
    expect([none.code, none.message]).toEqual(['TUPLE_INCOMPLETE', expect.stringMatching(/^delete refused/)]);
    for (const id of [-1, 2 ** 32, 1.5])
      expect(refusal('delete', w => writeDelete(w, 1, 0, { ...REF, id })).message).toContain(
        `id ${id} must be a whole number`,
      );
  });

  test('a delete by the zone of a reply needs the id; zone 0 means none', () => {
    const error = refusal('delete', w => writeDelete(w, 1, 0, { ...REF, replyZone: 3 }));
    expect([error.code, error.message]).toEqual([
      'NOT_ENCODABLE',
      expect.stringMatching(
        /^.*delete refused: the kernel does not compare the zone of a reply; the id .* must be given/,
      ),
    ]);
    expect(deleted({ replyZone: 0 }).attributes).toEqual([[1, ORIGINAL]]);
    expect(deleted({ replyZone: 3, id: 1 }).attributes).toEqual([
      [1, ORIGINAL],
      [12, '00000001'],
    ]);
  });

  test('a delete of an IPv6 entry is of that family', () => {
    const original = { ...REF.original, src: '::1', dst: '::2' };
    expect(deleted({ family: 'ipv6', original }).family).toBe(10);
  });
});

test('a look-up names its entry by the original tuple and zone', () => {
  const got = (ref: object) => written(w => writeGet(w, 7, { ...REF, ...ref } as never));
  expect(got({})).toEqual({ ...header, type: CT | 1, flags: REQUEST, attributes: [[1, ORIGINAL]] });
  expect(got({ zone: 3, id: 9 }).attributes).toEqual([
    [1, ORIGINAL],
    [18, '0003'],
  ]);
  expect(refusal('get', w => writeGet(w, 7, { ...REF, original: {} as never })).message).toContain('get refused');
  expect(refusal('get', w => writeGet(w, 7, { ...REF, zone: 65536 })).message).toContain('zone 65536');
});

describe('an update', () => {
  const updated = (change: object, status?: number, ref: object = {}) =>
    written(w => writeUpdate(w, 7, ACK, { ...REF, ...ref } as never, change as never, status));
  const bodyOfUpdate = (change: object, status?: number, ref: object = {}): Tree[] => {
    const [tuple, ...rest] = updated(change, status, ref).attributes;
    expect(tuple).toEqual([1, ORIGINAL]);
    return rest;
  };

  test('an update has what is changed and nothing else', () => {
    expect(updated({})).toEqual({ ...header, type: CT | 0, flags: REQUEST | ACK, attributes: [[1, ORIGINAL]] });
    expect(bodyOfUpdate({ timeout: 0 })).toEqual([[7, '00000000']]);
    expect(bodyOfUpdate({ timeout: 0xfffffffe })).toEqual([[7, 'fffffffe']]);
    expect(bodyOfUpdate({}, 0)).toEqual([[3, '00000000']]);
    expect(bodyOfUpdate({}, 0x8000000e)).toEqual([[3, '8000000e']]);
    expect(bodyOfUpdate({ mark: 0 })).toEqual([[8, '00000000']]);
    expect(bodyOfUpdate({ mark: 0xffffffff, markMask: 0xff })).toEqual([
      [8, 'ffffffff'],
      [21, '000000ff'],
    ]);
    expect(bodyOfUpdate({ markMask: 0xff })).toEqual([]);
    expect(bodyOfUpdate({ helper: '' })).toEqual([[5, [[1, '00']]]]);
    expect(bodyOfUpdate({ timeout: 1 }, 2, { zone: 9 })).toEqual([
      [18, '0009'],
      [7, '00000001'],
      [3, '00000002'],
    ]);
  });

  test('an update of labels does not change labels outside of the mask', () => {
    const bytes = (...set: [byte: number, value: string][]): string =>
      Array.from({ length: 16 }, (_, i) => set.find(([byte]) => byte === i)?.[1] ?? '00').join('');
    expect(bodyOfUpdate({ labels: [0, 9, 127] })).toEqual([[22, bytes([0, '01'], [1, '02'], [15, '80'])]]);
    expect(bodyOfUpdate({ labels: [] })).toEqual([[22, bytes()]]);
    expect(bodyOfUpdate({ labels: [0, 1, 9], labelsMask: [1, 2, 127] })).toEqual([
      [22, bytes([0, '02'])],
      [23, bytes([0, '06'], [15, '80'])],
    ]);
    expect(bodyOfUpdate({ labelsMask: [1] })).toEqual([]);
  });

  test('an update refuses what the kernel would not do', () => {
    const refused = (change: object, ref: object = {}) =>
      refusal('update', w => writeUpdate(w, 7, 0, { ...REF, ...ref } as never, change as never, undefined));
    expect(refused({ helper: 'ftp' }).message).toContain('the helper of an existing entry can only be removed');
    expect(refused({ timeout: -1 }).message).toContain('timeout -1 must be a whole number from 0 to 4294967295');
    expect(refused({ mark: 2 ** 32 }).message).toContain('mark 4294967296 must be');
    expect(refused({ mark: 1, markMask: -1 }).message).toContain('mark mask -1 must be');
    expect(refused({ labels: [128] }).message).toContain('label 128 must be a whole number from 0 to 127');
    expect(refused({ labels: [], labelsMask: [-1] }).message).toContain('label -1');
    expect(refused({ labels: ['web'] }).message).toContain("label 'web' is a name; the kernel supports bits 0 to 127");
    expect(refused({ state: 'NOPE' }).message).toContain("protocol 6 has no state 'NOPE'");
    expect(refused({}, { zone: 65536 }).message).toContain('zone 65536 must be');
    expect(refused({}, { original: {} }).message).toContain('update refused: the tuple has no source address');
    expect(refused({}, { replyZone: 1 }).message).toContain('update refused: the kernel does not compare');
    const sctp = { protonum: 132 };
    expect(refused({ state: 'ESTABLISHED' }, sctp).message).toContain(
      'cannot be changed without the verification tags of both directions',
    );
  });

  test('an update of a state uses the names of the protocol', () => {
    expect(bodyOfUpdate({ state: 'ESTABLISHED' })).toEqual([[4, [[1, [[1, '03']]]]]]);
  });

  test('an update cannot change a state of DCCP, because the kernel requires the role too', () => {
    expect(refusal('update', () => updated({ state: 'OPEN' }, undefined, { protonum: 33 })).message).toContain(
      "DCCP's state cannot be changed: the kernel requires the role too",
    );
  });
});

test('labels are encoded as bits of sixteen bytes', () => {
  for (const label of [0, 7, 8, 63, 64, 127]) {
    const bytes = labelBytes('create', [label]);
    expect(bytes).toHaveLength(16);
    expect(
      [...bytes].flatMap((byte, i) =>
        [0, 1, 2, 3, 4, 5, 6, 7].filter(bit => byte & (1 << bit)).map(bit => i * 8 + bit),
      ),
    ).toEqual([label]);
  }
  expect([...labelBytes('create', [3, 3, 4])].slice(0, 2)).toEqual([0x18, 0]);
});

describe('a create', () => {
  const flow = { ...REF, timeout: 600 } as const;
  const made = (more: object = {}, replace = false) =>
    written(w => writeCreate(w, 7, { ...flow, ...more } as never, replace));
  const TURNED: Tree[] = [
    [
      1,
      [
        [1, '0a000002'],
        [2, '0a000001'],
      ],
    ],
    [
      2,
      [
        [1, '06'],
        [2, '0050'],
        [3, '1234'],
      ],
    ],
  ];
  /** Returns the attributes beside tuples and timeout. */
  const bodyOfCreate = (more: object, replace = false): Tree[] =>
    made(more, replace).attributes.filter(([type]) => ![1, 2, 7].includes(type));

  test('a creation has at least the tuples, the timeout and CONFIRMED', () => {
    expect(made()).toEqual({
      ...header,
      type: CT | 0,
      flags: REQUEST | ACK | CREATE | EXCL,
      attributes: [
        [1, ORIGINAL],
        [2, TURNED],
        [7, '00000258'],
        [3, '00000008'],
      ],
    });
    expect(made({ reply: REPLY_TUPLE, zone: 5 }).attributes).toEqual([
      [1, ORIGINAL],
      [2, REPLY],
      [18, '0005'],
      [7, '00000258'],
      [3, '00000008'],
    ]);
    expect(written(w => writeCreate(w, 7, flow, false, 0)).flags).toBe(REQUEST | CREATE | EXCL);
  });

  test('a creation that replaces an entry sends a status only if one is given', () => {
    expect(made({}, true).flags).toBe(REQUEST | ACK | CREATE);
    expect(bodyOfCreate({}, true)).toEqual([]);
    expect(bodyOfCreate({ status: [] }, true)).toEqual([[3, '00000008']]);
    expect(bodyOfCreate({ status: ['SEEN_REPLY', 'ASSURED'] }, true)).toEqual([[3, '0000000e']]);
  });

  test('a creation may have mark, labels, helper, NAT, master, adjustments', () => {
    const rest = (more: object) => bodyOfCreate(more).filter(([type]) => type !== 3);
    expect(rest({ mark: 0 })).toEqual([[8, '00000000']]);
    expect(rest({ mark: 0xfffffffe })).toEqual([[8, 'fffffffe']]);
    expect(rest({ labels: [1] })).toEqual([[22, `02${'00'.repeat(15)}`]]);
    expect(rest({ helper: 'ftp' })).toEqual([[5, [[1, '66747000']]]]);
    expect(rest({ helper: 'a'.repeat(15) })).toEqual([[5, [[1, `${'61'.repeat(15)}00`]]]]);
    expect(rest({ helper: '' })).toEqual([]);
    expect(rest({ nat: { src: { address: '192.0.2.1' } } })).toEqual([
      [
        6,
        [
          [1, 'c0000201'],
          [2, 'c0000201'],
        ],
      ],
    ]);
    expect(rest({ nat: { dst: { address: '192.0.2.1', lastAddress: '192.0.2.2', port: 1, lastPort: 2 } } })).toEqual([
      [
        13,
        [
          [1, 'c0000201'],
          [2, 'c0000202'],
          [
            3,
            [
              [1, '0001'],
              [2, '0002'],
            ],
          ],
        ],
      ],
    ]);
    expect(rest({ nat: { dst: { address: '192.0.2.1', port: 9 } } })).toEqual([
      [
        13,
        [
          [1, 'c0000201'],
          [2, 'c0000201'],
          [
            3,
            [
              [1, '0009'],
              [2, '0009'],
            ],
          ],
        ],
      ],
    ]);
    expect(rest({ nat: {} })).toEqual([]);
    expect(rest({ master: REF.original })).toEqual([[14, ORIGINAL]]);
    const udp = { ...REF.original, protonum: 17 };
    expect(rest({ master: udp })).toEqual([
      [
        14,
        [
          ORIGINAL[0],
          [
            2,
            [
              [1, '11'],
              [2, '1234'],
              [3, '0050'],
            ],
          ],
        ],
      ],
    ]);
    const adjust = { correctionPos: 1, offsetBefore: 2, offsetAfter: 3 };
    const ADJUST: Tree[] = [
      [1, '00000001'],
      [2, '00000002'],
      [3, '00000003'],
    ];
    expect(rest({ seqadj: { original: adjust } })).toEqual([[15, ADJUST]]);
    expect(rest({ seqadj: { reply: adjust } })).toEqual([[16, ADJUST]]);
    expect(rest({ synproxy: { isn: 1, its: 2, tsoff: 3 } })).toEqual([[24, ADJUST]]);
    // A flow that was listed has more than the kernel takes.
    expect(rest({ start: 5, secmark: 6, secctx: 'x', deltaTime: 7, use: 1, id: 9 })).toEqual([]);
  });

  test('a creation for IPv6 has NAT and a master of IPv6', () => {
    const one = `${'0'.repeat(31)}1`;
    const original = { src: '::1', dst: '::2', sport: 1, dport: 2 };
    const nat = { src: { address: '::1' } };
    const body = made({ family: 'ipv6', original, nat }).attributes;
    expect(body.at(-1)).toEqual([
      6,
      [
        [4, one],
        [5, one],
      ],
    ]);
    const mixed = made({ family: 'ipv6', original, master: { ...REF.original, family: 'ipv4' } }).attributes;
    expect(mixed.at(-1)).toEqual([14, ORIGINAL]);
    expect(refusal('create', w => writeCreate(w, 1, { ...flow, nat } as never, false)).message).toContain(
      'is not an IPv4 address',
    );
  });

  test('a creation has the values of the protocol’s tracker', () => {
    const info = (protonum: number, more: object): Tree | undefined =>
      bodyOfCreate({ protonum, ...more }).find(([type]) => type === 4);
    expect(info(6, {})).toBeUndefined();
    expect(info(6, { protoinfo: {} })).toBeUndefined();
    expect(info(6, { state: 'SYN_SENT' })).toEqual([4, [[1, [[1, '01']]]]]);
    expect(info(6, { protoinfo: { flags: { original: ['SACK_PERM', 'BE_LIBERAL'] } } })).toEqual([
      4,
      [[1, [[4, '0aff']]]],
    ]);
    expect(info(6, { protoinfo: { wscale: { original: 7, reply: 14 } } })).toEqual([
      4,
      [
        [
          1,
          [
            [2, '07'],
            [3, '0e'],
            [4, '01ff'],
            [5, '01ff'],
          ],
        ],
      ],
    ]);
    const flags = { original: ['WINDOW_SCALE', 'MAXACK_SET'], reply: ['WINDOW_SCALE'] };
    expect(info(6, { protoinfo: { wscale: { original: 1 }, flags } })).toEqual([
      4,
      [
        [
          1,
          [
            [2, '01'],
            [4, '21ff'],
            [5, '01ff'],
          ],
        ],
      ],
    ]);
    expect(info(132, { state: 'ESTABLISHED' })).toEqual([
      4,
      [
        [
          3,
          [
            [1, '04'],
            [2, '00000000'],
            [3, '00000000'],
          ],
        ],
      ],
    ]);
    expect(info(132, { state: 'CLOSED', protoinfo: { vtag: { original: 1, reply: 0xffffffff } } })).toEqual([
      4,
      [
        [
          3,
          [
            [1, '01'],
            [2, '00000001'],
            [3, 'ffffffff'],
          ],
        ],
      ],
    ]);
    expect(info(6, { state: 'NONE' })).toEqual([4, [[1, [[1, '00']]]]]);
    const dccp = { role: 'client', handshakeSeq: 2n ** 48n - 1n };
    expect(info(33, { state: 'OPEN', protoinfo: dccp })).toEqual([
      4,
      [
        [
          2,
          [
            [1, '04'],
            [2, '00'],
            [3, '0000ffffffffffff'],
          ],
        ],
      ],
    ]);
    expect(info(33, { state: 'OPEN', protoinfo: { role: 'server' } })).toEqual([
      4,
      [
        [
          2,
          [
            [1, '04'],
            [2, '01'],
          ],
        ],
      ],
    ]);
  });

  test("a creation has DCCP's state and role together, or neither", () => {
    const dccp = (more: object) =>
      writeCreate(new MessageWriter(), 1, { ...flow, protonum: 33, ...more } as never, false);
    for (const half of [{ state: 'OPEN' }, { protoinfo: { role: 'client' } }])
      expect(refusal('create', () => dccp(half)).message).toContain(
        "DCCP's state and role must be given together (role: 'client' or 'server')",
      );
    expect(() => dccp({ protoinfo: { handshakeSeq: 1n } })).not.toThrow();
  });

  test('a creation has no values for the tracker of another protocol', () => {
    expect(bodyOfCreate({ protonum: 17, protoinfo: { role: 'client' } })).toEqual([[3, '00000008']]);
  });

  test('a creation refuses what cannot be encoded', () => {
    const refused = (more: object) =>
      refusal('create', w => writeCreate(w, 1, { ...flow, ...more } as never, false)).message;
    expect(refused({ timeout: undefined })).toContain('timeout undefined must be a whole number');
    expect(refused({ timeout: 2 ** 32 })).toContain('timeout 4294967296 must be a whole number from 0 to 4294967295');
    expect(refused({ mark: -1 })).toContain('mark -1 must be');
    expect(refused({ helper: 'a'.repeat(16) })).toMatch(/helper 'a{16}' is longer than the kernel's 15 bytes/);
    expect(refused({ helper: 'a'.repeat(99) })).toMatch(/helper 'a{40}' is longer/);
    expect(refused({ nat: { dst: { address: '192.0.2.1', lastAddress: 'x' } } })).toContain(
      "'x' is not an IPv4 address",
    );
    expect(refused({ zone: 65536 })).toContain('zone 65536 must be');
    expect(refused({ labels: [-1] })).toContain('label -1 must be');
    expect(refused({ reply: {} })).toContain('create refused: the tuple has no source address');
    expect(refused({ original: {} })).toContain('create refused: the tuple has no source address');
    expect(refused({ nat: { src: { address: '192.0.2.1', port: 65536 } } })).toContain('port 65536 must be');
    expect(refused({ nat: { src: { address: '192.0.2.1', port: 1, lastPort: -1 } } })).toContain('port -1 must be');
    expect(refused({ protoinfo: { wscale: { original: 1 }, flags: { original: ['SACK_PERM'] } } })).toContain(
      'requires the flag WINDOW_SCALE in both directions',
    );
    expect(refused({ protoinfo: { wscale: { original: 256 } } })).toContain(
      'protoinfo 256 must be a whole number from 0 to 255',
    );
    expect(refused({ protoinfo: { flags: { reply: ['NOPE'] } } })).toContain("unknown TCP flag 'NOPE'");
    expect(refused({ protonum: 132, protoinfo: { vtag: { original: 2 ** 32 } } })).toContain(
      'protoinfo 4294967296 must be a whole number from 0 to 4294967295',
    );
    expect(refused({ state: 'LISTENING' })).toContain("protocol 6 has no state 'LISTENING'");
    expect(refused({ master: {} })).toContain('create refused: the tuple has no source address');
    const adjust = { correctionPos: -1, offsetBefore: 2, offsetAfter: 3 };
    expect(refused({ seqadj: { original: adjust } })).toContain('-1 must be a whole number');
  });
});

test('an entry of a scripted kernel has the tracker values of its flow, and no others', () => {
  const info = (protonum: number, flow: object): Tree[] =>
    bodyOf(writer => {
      writer.begin(1, 0, 0, 0, 0);
      writeProtoInfo(writer, 'encode', protonum, flow);
      writer.end();
    });
  expect(info(6, { protoinfo: { wscale: { original: 7, reply: 14 } } })).toEqual([
    [
      4,
      [
        [
          1,
          [
            [2, '07'],
            [3, '0e'],
          ],
        ],
      ],
    ],
  ]);
  expect(info(132, { state: 'ESTABLISHED' })).toEqual([[4, [[3, [[1, '04']]]]]]);
  expect(info(33, { state: 'OPEN' })).toEqual([[4, [[2, [[1, '04']]]]]]);
  expect(info(33, { protoinfo: { role: 'server' } })).toEqual([[4, [[2, [[2, '01']]]]]]);
  expect(info(132, { protoinfo: { vtag: { original: 1, reply: 2 } } })).toEqual([
    [
      4,
      [
        [
          3,
          [
            [2, '00000001'],
            [3, '00000002'],
          ],
        ],
      ],
    ],
  ]);
});

describe('a kernel filter', () => {
  const filtered = (filter: KernelFilter): Tree[] =>
    bodyOf(writer => {
      writer.begin(1, 0, 0, 0, 0);
      writeKernelFilter(writer, 'dump', filter);
      writer.end();
    });
  /** The flag words are in host byte order. */
  const native = (value: number): string => {
    const bytes = Buffer.alloc(4);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, value, NATIVE);
    return bytes.toString('hex');
  };
  const flags = (original: number, reply: number): Tree => [
    25,
    [
      [1, native(original)],
      [2, native(reply)],
    ],
  ];

  test('an empty kernel filter is not sent', () => {
    expect(filtered({})).toEqual([]);
    const absent = { mark: undefined, zone: undefined, another: undefined };
    expect(filtered({ family: 'ipv4', original: {}, reply: {}, ...absent } as never)).toEqual([]);
  });

  test('a kernel filter has the flag of each compared part, in its direction', () => {
    const ipv4 = { family: 'ipv4' } as const;
    const src = [1, [[1, '01010101']]] as Tree;
    expect(filtered({ ...ipv4, original: { src: '1.1.1.1' } })).toEqual([[1, [src]], flags(1, 0)]);
    expect(filtered({ ...ipv4, original: { dst: '1.1.1.1' } })).toEqual([[1, [[1, [[2, '01010101']]]]], flags(2, 0)]);
    expect(filtered({ ...ipv4, reply: { src: '1.1.1.1' } })).toEqual([[2, [src]], flags(0, 1)]);
    expect(filtered({ ...ipv4, reply: { src: '1.1.1.1', dport: undefined } as never })).toEqual([
      [2, [src]],
      flags(0, 1),
    ]);
    expect(filtered({ ...ipv4, protonum: 6 })).toEqual([[1, [[2, [[1, '06']]]]], flags(8, 0)]);
    expect(filtered({ family: 'ipv6', protonum: 6 })).toEqual([[1, [[2, [[1, '06']]]]], flags(8, 0)]);
    for (const [protonum, proto] of [
      [6, '06'],
      [17, '11'],
    ] as const)
      expect(filtered({ ...ipv4, protonum, original: { sport: 1, dport: 2 } })).toEqual([
        [
          1,
          [
            [
              2,
              [
                [1, proto],
                [2, '0001'],
                [3, '0002'],
              ],
            ],
          ],
        ],
        flags(8 | 0x10 | 0x20, 0),
      ]);
    expect(filtered({ ...ipv4, protonum: 1, original: { type: 8, code: 0, id: 7 } })).toEqual([
      [
        1,
        [
          [
            2,
            [
              [1, '01'],
              [4, '0007'],
              [5, '08'],
              [6, '00'],
            ],
          ],
        ],
      ],
      flags(8 | 0x40 | 0x80 | 0x100, 0),
    ]);
    expect(filtered({ family: 'ipv6', protonum: 17, original: { dport: 53 } })).toEqual([
      [
        1,
        [
          [
            2,
            [
              [1, '11'],
              [3, '0035'],
            ],
          ],
        ],
      ],
      flags(8 | 0x20, 0),
    ]);
  });

  test('a kernel filter for a reply’s ports has the protocol in that direction too', () => {
    expect(filtered({ family: 'ipv4', protonum: 17, reply: { sport: 53 } })).toEqual([
      [1, [[2, [[1, '11']]]]],
      [
        2,
        [
          [
            2,
            [
              [1, '11'],
              [2, '0035'],
            ],
          ],
        ],
      ],
      flags(8, 8 | 0x10),
    ]);
    expect(filtered({ family: 'ipv4', protonum: 17, reply: { dst: '1.1.1.1' } })).toEqual([
      [1, [[2, [[1, '11']]]]],
      [2, [[1, [[2, '01010101']]]]],
      flags(8, 2),
    ]);
  });

  test('a kernel filter may have mark, status and zone', () => {
    expect(filtered({ mark: 0 })).toEqual([
      [8, '00000000'],
      [21, 'ffffffff'],
    ]);
    expect(filtered({ mark: 1, markMask: 0x80000001 })).toEqual([
      [8, '00000001'],
      [21, '80000001'],
    ]);
    expect(filtered({ status: 2 })).toEqual([
      [3, '00000002'],
      [26, '00000002'],
    ]);
    expect(filtered({ status: 0, statusMask: 4 })).toEqual([
      [3, '00000000'],
      [26, '00000004'],
    ]);
    expect(filtered({ zone: 0 })).toEqual([[18, '0000']]);
    expect(filtered({ zone: 0xffff })).toEqual([[18, 'ffff']]);
  });

  test('a kernel filter that the kernel applies incorrectly is refused, and the error says that nothing was sent', () => {
    const refused = (filter: object) => refusal('dump', w => writeKernelFilter(w, 'dump', filter as never));
    const cases: [filter: object, why: string][] = [
      [{ nothing: 1 }, "refused, nothing was sent: the kernel has no filter 'nothing'"],
      [{ family: 'ipv4', original: { zone: 1 } }, "a dump cannot be filtered by a tuple's 'zone'"],
      [{ family: 'ipv6', original: { dst: '::1' } }, 'compares IPv6 addresses incorrectly'],
      [{ family: 'ipv6', reply: { src: '::1' } }, 'compares IPv6 addresses incorrectly'],
      [{ family: 'ipv4', protonum: 132, reply: { sport: 1 } }, "ignores 'sport' for protocol 132"],
      [{ family: 'ipv4', original: { dport: 1 } }, "ignores 'dport' for protocol none"],
      [{ family: 'ipv4', original: { type: 8 } }, "ignores 'type' for protocol none"],
      [{ family: 'ipv4', protonum: 6, original: { type: 1 } }, "ignores 'type' for protocol 6"],
      [{ family: 'ipv4', protonum: 6, original: { code: 1 } }, "ignores 'code'"],
      [{ family: 'ipv4', protonum: 6, original: { id: 1 } }, "ignores 'id'"],
      [{ family: 'ipv4', protonum: 1, original: { sport: 1 } }, "ignores 'sport' for protocol 1,"],
      [{ protonum: 6 }, 'a tuple filter requires a family'],
      [{ reply: { src: '1.1.1.1' } }, 'a tuple filter requires a family'],
      [{ markMask: 1 }, 'a mark mask requires a mark'],
      [{ statusMask: 1 }, 'a status mask requires a status'],
      [{ status: 0 }, 'a status with mask 0 would match everything'],
      [{ status: 1, statusMask: 0 }, 'a status with mask 0 would match everything'],
      [{ mark: 2 ** 32 }, 'mark 4294967296 must be a whole number from 0 to 4294967295'],
      [{ mark: 1, markMask: -1 }, 'mark mask -1 must be'],
      [{ status: 2 ** 32, statusMask: 1 }, 'status 4294967296 must be'],
      [{ status: 1, statusMask: 2 ** 32 }, 'status mask 4294967296 must be'],
      [{ zone: 65536 }, 'zone 65536 must be a whole number from 0 to 65535'],
    ];
    for (const [filter, why] of cases) {
      const error = refused(filter);
      expect([filter, error.code, error.message]).toEqual([filter, 'NOT_ENCODABLE', expect.stringContaining(why)]);
    }
  });

  test('a kernel filter has the number of one family, or means both', () => {
    expect([undefined, 'ipv4', 'ipv6'].map(family => filterFamily('dump', { family } as never))).toEqual([0, 2, 10]);
    const error = refusal('dump', () => filterFamily('dump', { family: 'inet' as never }));
    expect([error.code, error.message]).toEqual([
      'NOT_ENCODABLE',
      expect.stringContaining("'ipv4' or 'ipv6', got 'inet'"),
    ]);
  });
});

describe('a flush', () => {
  const flushed = (scope: object) => written(w => writeFlush(w, 7, scope as never));

  test('a flush of everything has no attribute and no family, and must be confirmed', () => {
    expect(flushed({ all: true })).toEqual({
      ...header,
      family: 0,
      type: CT | 2,
      flags: REQUEST | ACK,
      attributes: [],
    });
    const refused = (scope: object) => refusal('flush', w => writeFlush(w, 7, scope as never));
    for (const scope of [{}, { zone: undefined }, { all: undefined }])
      expect(refused(scope)).toMatchObject({
        code: 'NOT_ENCODABLE',
        message: expect.stringContaining('{ all: true }'),
      });
    expect(refused({ all: true, mark: 1 }).message).toContain("a flush of the whole table takes no condition 'mark'");
    for (const all of [false, 1, 'true', null])
      expect(refused({ all, mark: 1 }).message).toContain("cannot flush by 'all'");
    expect(refused({ labels: [1] }).message).toContain("cannot flush by 'labels'; delete the matching entries instead");
    expect(refused({ family: 'inet' }).message).toContain("the family must be 'ipv4' or 'ipv6', got 'inet'");
    expect(refused({ mark: -1 }).message).toContain('mark -1 must be');
    expect(conditionsOf({ all: true, mark: undefined } as never)).toEqual([]);
  });

  test('a flush has its conditions as a filter', () => {
    expect(flushed({ family: 'ipv4' })).toEqual({ ...header, type: CT | 2, flags: REQUEST | ACK, attributes: [] });
    expect(flushed({ family: 'ipv6' }).family).toBe(10);
    expect(flushed({ mark: 5, zone: 3 })).toMatchObject({
      family: 0,
      attributes: [
        [8, '00000005'],
        [21, 'ffffffff'],
        [18, '0003'],
      ],
    });
    expect(flushed({ family: 'ipv4', protonum: 17 }).attributes.map(([type]) => type)).toEqual([1, 25]);
    expect(flushed({ all: undefined, status: 2 }).attributes).toEqual([
      [3, '00000002'],
      [26, '00000002'],
    ]);
  });

  test('a flush reports which conditions an older kernel might ignore', () => {
    const tuple = { src: '1.1.1.1' };
    expect(conditionsOf({ family: 'ipv4' })).toEqual(['family']);
    expect(conditionsOf({ protonum: 6 })).toEqual(['tuple']);
    expect(conditionsOf({ original: tuple, reply: tuple })).toEqual(['tuple']);
    expect(conditionsOf({ zone: 0 })).toEqual(['zone']);
    expect(conditionsOf({ mark: 0, markMask: 1 })).toEqual(['mark']);
    expect(conditionsOf({ markMask: 1 })).toEqual(['mark']);
    expect(conditionsOf({ status: 1, statusMask: 1 })).toEqual(['status']);
    expect(conditionsOf({ statusMask: 1 })).toEqual(['status']);
  });

  test('a flush that would match everything is refused with the reason', () => {
    const refused = (scope: object) => refusal('flush', () => conditionsOf(scope as never));
    for (const name of ['original', 'reply'])
      for (const none of [{}, { src: undefined }]) {
        const error = refused({ family: 'ipv4', [name]: none });
        expect([error.code, error.message]).toEqual([
          'NOT_ENCODABLE',
          expect.stringContaining(`'${name}' has no value`),
        ]);
      }
    expect(refused({ mark: 1, markMask: 0 }).message).toContain('a mark with mask 0 would match everything');
    expect(conditionsOf({ original: { src: '1.1.1.1', dst: undefined } as never })).toEqual(['tuple']);
  });
});

describe('an expectation', () => {
  const REFERENCE = { family: 'ipv4', protonum: 6, tuple: REF.original } as const;

  test('an expectation is looked up and deleted by its tuple, zone and id', () => {
    const got = (more: object) => written(w => writeExpectationGet(w, 7, { ...REFERENCE, ...more } as never));
    const deleted = (more: object) => written(w => writeExpectationDelete(w, 7, { ...REFERENCE, ...more } as never));
    expect(got({})).toEqual({ ...header, type: EXP | 1, flags: REQUEST, attributes: [[2, ORIGINAL]] });
    expect(deleted({})).toEqual({ ...header, type: EXP | 2, flags: REQUEST | ACK, attributes: [[2, ORIGINAL]] });
    for (const ask of [got, deleted]) {
      expect(ask({ zone: 9, id: 0 }).attributes).toEqual([
        [2, ORIGINAL],
        [7, '0009'],
        [5, '00000000'],
      ]);
      expect(ask({ zone: 0 }).attributes).toEqual([[2, ORIGINAL]]);
    }
    const refused = (more: object) =>
      refusal('deleteExpectation', w => writeExpectationDelete(w, 7, { ...REFERENCE, ...more } as never)).message;
    expect(refused({ zone: 65536 })).toContain('zone 65536 must be');
    expect(refused({ id: -1 })).toContain('id -1 must be');
    expect(refused({ tuple: undefined })).toContain('deleteExpectation refused');
    expect(
      refusal('getExpectation', w => writeExpectationGet(w, 7, { ...REFERENCE, tuple: {} as never })).message,
    ).toContain('getExpectation');
  });

  test('expectations are flushed all, or those of a helper', () => {
    const flushed = (helper?: string) => written(w => writeExpectationFlush(w, 7, helper));
    expect(flushed()).toEqual({ ...header, family: 0, type: EXP | 2, flags: REQUEST | ACK, attributes: [] });
    expect(flushed('ftp').attributes).toEqual([[6, '66747000']]);
  });

  test('expectations are listed all, or those of a connection', () => {
    const listed = (master?: object) => written(w => writeExpectationDump(w, 7, master as never));
    expect(listed()).toEqual({ ...header, family: 0, type: EXP | 1, flags: REQUEST | DUMP, attributes: [] });
    expect(listed(REF)).toMatchObject({ family: 2, attributes: [[1, ORIGINAL]] });
    expect(
      refusal('dumpExpectations', w => writeExpectationDump(w, 7, { ...REF, original: {} as never })).message,
    ).toContain('dumpExpectations');
  });

  test('an expectation is created with all of its members', () => {
    const mask = { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 };
    const MASK: Tree[] = [
      [
        1,
        [
          [1, 'ffffffff'],
          [2, 'ffffffff'],
        ],
      ],
      [
        2,
        [
          [1, '06'],
          [2, '0000'],
          [3, 'ffff'],
        ],
      ],
    ];
    const wanted = { ...REFERENCE, mask, master: REPLY_TUPLE, timeout: 300 };
    const made = (more: object = {}) => written(w => writeExpectationCreate(w, 7, { ...wanted, ...more } as never));
    const LEAST: Tree[] = [
      [1, REPLY],
      [2, ORIGINAL],
      [3, MASK],
      [4, '0000012c'],
    ];
    expect(made()).toEqual({ ...header, type: EXP | 0, flags: REQUEST | ACK | CREATE | EXCL, attributes: LEAST });
    const rest = (more: object): Tree[] => made(more).attributes.slice(4);
    expect(rest({ helper: 'ftp', zone: 2, class: 1, fn: 'nat-follow-master' })).toEqual([
      [6, '66747000'],
      [7, '0002'],
      [9, '00000001'],
      [11, `${Buffer.from('nat-follow-master').toString('hex')}00`],
    ]);
    expect(rest({ zone: 0, helper: '', fn: '', class: 0 })).toEqual([[9, '00000000']]);
    expect(rest({ flags: [] })).toEqual([[8, '00000000']]);
    expect(rest({ flags: ['PERMANENT'] })).toEqual([[8, '00000001']]);
    expect(rest({ flags: ['INACTIVE', 'USERSPACE'] })).toEqual([[8, '00000006']]);
    expect(rest({ nat: { direction: 'original', tuple: REF.original } })).toEqual([
      [
        10,
        [
          [1, '00000000'],
          [2, ORIGINAL],
        ],
      ],
    ]);
    expect(rest({ nat: { direction: 'reply', tuple: REPLY_TUPLE } })).toEqual([
      [
        10,
        [
          [1, '00000001'],
          [2, REPLY],
        ],
      ],
    ]);
    const udp = made({ master: { ...REPLY_TUPLE, protonum: 17 } }).attributes[0];
    expect(udp).toEqual([
      1,
      [
        REPLY[0],
        [
          2,
          [
            [1, '11'],
            [2, '1f90'],
            [3, '1234'],
          ],
        ],
      ],
    ]);
    const refused = (more: object) =>
      refusal('createExpectation', w => writeExpectationCreate(w, 7, { ...wanted, ...more } as never)).message;
    expect(refused({ flags: ['NOPE'] })).toContain("unknown expectation flag 'NOPE'");
    expect(refused({ timeout: -1 })).toContain('timeout -1 must be');
    expect(refused({ zone: 65536 })).toContain('zone 65536 must be');
    expect(refused({ class: 2 ** 32 })).toContain('class 4294967296 must be');
    for (const name of ['master', 'mask', 'tuple'])
      expect(refused({ [name]: undefined })).toContain('createExpectation refused');
    expect(refused({ nat: { direction: 'reply', tuple: {} } })).toContain('createExpectation refused');
  });
});

describe('the writer', () => {
  test('the writer grows, keeps its content, and pads every attribute with zeros, even in reused memory', () => {
    const writer = new MessageWriter(4);
    for (let round = 0; round < 2; round++) {
      writer.clear().begin(1, 2, 3, 4, 5, 6);
      for (let length = 0; length < 9; length++)
        writer.raw(
          length,
          Array.from({ length }, () => 0xff),
        );
      writer.end();
      const { type, flags, sequence, portid, family, attributes } = message(writer.bytes());
      expect({ type, flags, sequence, portid, family }).toEqual({
        type: 0x102,
        flags: 3,
        sequence: 4,
        portid: 6,
        family: 5,
      });
      expect(attributes).toEqual(Array.from({ length: 9 }, (_, length) => [length, 'ff'.repeat(length)]));
      // Another message in the same memory, all ones.
      writer.clear();
      for (let i = 0; i < 40; i++) writer.raw(1, [255, 255, 255, 255]);
    }
  });

  test('the writer writes numbers in network order, and flag words in host order', () => {
    const writer = new MessageWriter().begin(1, 0, 0, 0, 0);
    writer
      .u8(1, 255)
      .u16(2, 0x102)
      .u32(3, 0xfffefdfc)
      .u64(4, 2n ** 63n + 1n)
      .u64(5, 2 ** 40)
      .string(6, 'é')
      .u32Native(7, 1);
    writer.words(8, Uint32Array.of(1, 0xffffffff)).end();
    expect(message(writer.bytes()).attributes).toEqual([
      [1, 'ff'],
      [2, '0102'],
      [3, 'fffefdfc'],
      [4, '8000000000000001'],
      [5, '0000010000000000'],
      [6, 'c3a900'],
      [7, NATIVE ? '01000000' : '00000001'],
      [8, '00000001ffffffff'],
    ]);
  });

  test('the writer sets a flag of the last message, and removes an unfinished one', () => {
    const writer = new MessageWriter().begin(1, 0, 1, 1, 0).end();
    const first = writer.length;
    const mark = writer.mark();
    writer.begin(1, 0, 2, 2, 0).u8(1, 1).end().flag(4);
    expect([first, writer.length]).toEqual([20, 48]);
    expect(message(writer.bytes().subarray(20)).flags).toBe(6);
    writer.back(mark);
    expect(writer.length).toBe(20);
    writer.flag(8);
    expect(message(writer.bytes()).flags).toBe(9);
  });

  test('the writer nests attributes, and writes messages of netlink itself', () => {
    const writer = new MessageWriter().begin(1, 0, 0, 0, 0);
    writer.nest(1, () => writer.nest(2, () => writer.u8(3, 4)).u8(5, 6)).end();
    expect(message(writer.bytes()).attributes).toEqual([
      [
        1,
        [
          [2, [[3, '04']]],
          [5, '06'],
        ],
      ],
    ]);
    const error = new MessageWriter(4).control(2, 0x100, 9, Uint8Array.of(1, 2, 3, 4, 5)).bytes();
    const view = new DataView(error.buffer, error.byteOffset, error.length);
    expect(error).toHaveLength(24);
    expect([view.getUint32(0, NATIVE), view.getUint16(4, NATIVE), view.getUint16(6, NATIVE)]).toEqual([21, 2, 0x100]);
    expect([view.getUint32(8, NATIVE), view.getUint32(12, NATIVE)]).toEqual([9, 0]);
    expect([...error.subarray(16)]).toEqual([1, 2, 3, 4, 5, 0, 0, 0]);
  });
});
