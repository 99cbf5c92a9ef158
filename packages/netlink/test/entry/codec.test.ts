import { type Flow, type FlowCursor, FlowObjectCursor, protocolOf } from '@conntrack/flow';
import { printableJson } from '@conntrack/flow/text';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectationEventOf, expectationOf } from '../../src/expectation/decode.js';
import { writeExpectationCreate } from '../../src/expectation/request.js';
import { EntryCursor, NetlinkError, type NewExpectation } from '../../src/index.js';
import { acknowledgement, done, refusal } from '../../src/testing/index.js';
import { writeFlow } from '../../src/testing/write-flow.js';
import { entryFormat } from '../../src/text.js';
import { describeMessage } from '../../src/wire/describe.js';
import { messages, readAnswer } from '../../src/wire/message.js';
import { readCount, readCpuStats, readExpectationCpuStats } from '../../src/wire/stats.js';
import { MessageWriter } from '../../src/wire/writer.js';
import { anyEvent, anyExpectation, anyFlow } from '../arbitraries.js';

const JSON_FORMAT = entryFormat('json')!;

const bytesOf = (flow: Flow, event?: 'new' | 'update' | 'destroy'): Uint8Array => {
  const writer = new MessageWriter();
  writeFlow(writer, 1, flow, event);
  return writer.bytes();
};

/** Every question that a filter can ask. */
function everything(cursor: FlowCursor): unknown[] {
  const ends = [0, 1, 2, 3] as const;
  const directions = [0, 1] as const;
  return [
    cursor.family(),
    cursor.protonum(),
    ...ends.flatMap(end => [0, 1, 2, 3].map(word => cursor.word(end, word as 0 | 1 | 2 | 3))),
    ...ends.flatMap(end => [cursor.port(end), cursor.greKey(end)]),
    ...directions.flatMap(direction => [
      cursor.icmpType(direction),
      cursor.icmpCode(direction),
      cursor.icmpId(direction),
      cursor.directionZone(direction),
      cursor.packets(direction),
      cursor.bytes(direction),
      cursor.vtag(direction),
    ]),
    cursor.zone(),
    cursor.state(),
    cursor.status(),
    cursor.timeout(),
    cursor.mark(),
    cursor.secmark(),
    cursor.use(),
    cursor.id(),
    cursor.labelCount(),
    ...Array.from({ length: 129 }, (_, label) => cursor.hasLabel(label)),
    cursor.helper(),
    cursor.secctx(),
    cursor.role(),
  ];
}

describe('entries', () => {
  test('a written entry is read back, attribute by attribute', () => {
    fc.assert(
      fc.property(anyFlow, anyEvent, (flow, event) => {
        const bytes = bytesOf(flow, event);
        const cursor = new EntryCursor(bytes, bytes.length, event !== undefined);
        expect(cursor.next()).toBe(true);
        expect(cursor.flow()).toEqual(flow);
        expect(cursor.event()).toBe([undefined, 'new', 'update', 'destroy'].indexOf(event) - 1);
        expect(cursor.next()).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  test('the JSON written from bytes equals that of the object, byte for byte', () => {
    const out = Buffer.alloc(64 * 1024, 0x21);
    fc.assert(
      fc.property(anyFlow, anyEvent, fc.nat(50), (flow, event, at) => {
        const bytes = bytesOf(flow, event);
        const cursor = new EntryCursor(bytes, bytes.length, event !== undefined);
        cursor.next();
        out.fill(0x21, 0, at);
        const end = cursor.write(JSON_FORMAT, out, at);
        expect(out.toString('utf8', at, end)).toBe(printableJson(cursor.flow()));
        // Bytes in front stay unchanged, and without room nothing is reported as written.
        expect(out.toString('latin1', 0, at)).toBe('!'.repeat(at));
        expect(cursor.write(JSON_FORMAT, out.subarray(0, 100), 0)).toBe(-1);
      }),
      { numRuns: 5000 },
    );
  });

  test('the cursor over bytes agrees with the cursor over the object, in any order of calls', () => {
    fc.assert(
      fc.property(anyFlow, flow => {
        const bytes = bytesOf(flow);
        const cursor = new EntryCursor(bytes, bytes.length);
        cursor.next();
        const { start, stop } = flow;
        const object = new FlowObjectCursor(flow);
        expect(everything(cursor)).toEqual(everything(object));
        expect(everything(cursor)).toEqual(everything(object));
        expect([cursor.start() >= 0, cursor.stop() >= 0]).toEqual([start !== undefined, stop !== undefined]);
      }),
      { numRuns: 200 },
    );
  });

  test('counters of 32 bits, as old kernels send them, are read', () => {
    const flow = {
      family: 'ipv4',
      protocol: 'udp',
      protonum: 17,
      original: { src: '1.1.1.1', dst: '2.2.2.2', sport: 1, dport: 2 },
    } as Flow;
    const writer = new MessageWriter();
    writer.begin(1, 0, 0, 0, 2);
    writer.nest(9, () => writer.u32(3, 7).u32(4, 0xffffffff));
    writer.end();
    const cursor = new EntryCursor(writer.bytes(), writer.bytes().length);
    cursor.next();
    expect(cursor.flow().original).toMatchObject({ packets: 7, bytes: 0xffffffff });
    expect(flow.original).not.toHaveProperty('packets');
  });

  test('an entry of an offloaded flow, without timeout and protoinfo, is read', () => {
    const flow = {
      id: 1,
      family: 'ipv4',
      protocol: 'tcp',
      protonum: 6,
      original: { src: '1.1.1.1', dst: '2.2.2.2', sport: 1, dport: 2 },
      reply: { src: '2.2.2.2', dst: '1.1.1.1', sport: 2, dport: 1 },
      status: ['OFFLOAD'],
    } as const;
    const bytes = bytesOf(flow as unknown as Flow);
    const cursor = new EntryCursor(bytes, bytes.length);
    cursor.next();
    expect([cursor.timeout(), cursor.state()]).toEqual([-1, -1]);
    expect(cursor.flow()).toMatchObject(flow);
  });
});

const expectationBytes = (expectation: NewExpectation): Uint8Array => {
  const writer = new MessageWriter();
  writeExpectationCreate(writer, 1, expectation);
  return writer.bytes();
};

test('a written expectation is read back, attribute by attribute', () => {
  fc.assert(
    fc.property(anyExpectation, expectation => {
      const bytes = expectationBytes(expectation);
      const [message] = [...messages(bytes)];
      const { protonum } = expectation;
      expect(expectationOf(bytes, message!)).toEqual({
        ...expectation,
        protocol: protocolOf(protonum).name,
        master: { protonum, ...expectation.master },
      });
    }),
    { numRuns: 1000 },
  );
});

describe('attributes of a newer kernel', () => {
  const entry = (strange: boolean): Uint8Array => {
    const writer = new MessageWriter();
    writer.begin(1, 0, 0, 0, 2);
    writer.nest(1, () => {
      writer.nest(1, () => writer.u32(1, 0x01010101).u32(2, 0x02020202));
      writer.nest(2, () => writer.u8(1, 6).u16(2, 1).u16(3, 2));
      if (strange) writer.u8(9, 255);
    });
    writer.nest(4, () => writer.nest(1, () => (strange ? writer.u8(1, 3).u16(60, 0x1234) : writer.u8(1, 3))));
    if (strange) writer.u32(200, 7);
    return writer.end().bytes().slice();
  };

  test('attributes of a newer kernel are kept by number, at any depth, and change nothing else', () => {
    const bytes = new Uint8Array([...entry(false), ...entry(true), ...entry(true), ...entry(false)]);
    const cursor = new EntryCursor(bytes, bytes.length);
    const flows: Flow[] = [];
    while (cursor.next()) flows.push(cursor.flow());
    const unknown = { '1.9': 'ff', '4.1.60': '1234', '200': '00000007' };
    expect(flows.map(flow => flow.unknown)).toEqual([undefined, unknown, unknown, undefined]);
    for (const { unknown: _, ...flow } of flows) expect({ ...flow }).toEqual(flows[0]);
  });

  test('attributes of a newer kernel are detected in the first entry of each kind, and then read in all of that kind', () => {
    const nested = (number: number): Uint8Array => {
      const writer = new MessageWriter();
      writer.begin(1, 0, 0, 0, 2).nest(9, () => writer.raw(number, [1, 2, 3, 4, 5, 6, 7, 8]));
      return writer.end().bytes().slice();
    };
    const bytes = new Uint8Array([...nested(40), ...nested(1), ...nested(41)]);
    const cursor = new EntryCursor(bytes, bytes.length);
    const seen: unknown[] = [];
    while (cursor.next()) seen.push(cursor.unknown());
    expect(seen).toEqual([{ '9.40': '0102030405060708' }, undefined, { '9.41': '0102030405060708' }]);
  });
});

const json = Buffer.alloc(64 * 1024);

/** All functions that read what a kernel sends. Each returns a result or throws a NetlinkError. */
const READERS: readonly ((bytes: Uint8Array) => unknown)[] = [
  bytes => {
    const seen: unknown[] = [];
    const cursor = new EntryCursor(bytes, bytes.length, true);
    while (cursor.next())
      seen.push(
        everything(cursor),
        cursor.start(),
        cursor.stop(),
        cursor.flow(),
        cursor.ref(),
        cursor.eventTime(),
        cursor.portid(),
        json.toString('utf8', 0, cursor.write(JSON_FORMAT, json, 0)),
      );
    return seen;
  },
  bytes => [...messages(bytes)].map(message => describeMessage(bytes, message)),
  bytes => [...messages(bytes)].map(message => expectationEventOf(bytes, message)),
  bytes => [...messages(bytes)].map(message => readAnswer(bytes, message)),
  bytes => [...messages(bytes)].map(message => readCpuStats(bytes, message)),
  bytes => [...messages(bytes)].map(message => readExpectationCpuStats(bytes, message)),
  readCount,
];

/** The outcome of a reader for bytes in the middle of others. */
function outcome(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array, around: number): string {
  const memory = new Uint8Array(bytes.length + 128).fill(around);
  memory.set(bytes, 64);
  try {
    return JSON.stringify(read(memory.subarray(64, 64 + bytes.length))) ?? '';
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    expect(error.code).toBe('MALFORMED');
    return error.message;
  }
}

function survives(bytes: Uint8Array): void {
  // A read beyond the end would find other bytes the second time.
  for (const read of READERS)
    if (outcome(read, bytes, 0xa5) !== outcome(read, bytes, 0x02))
      throw new Error(`what lies around is read: ${Buffer.from(bytes).toString('hex')}`);
}

/** One message of each other kind: refusals with all their parts, statistics, expectations. */
const OTHERS: readonly Uint8Array[] = [
  refusal(22, 'Attribute failed policy validation', 44)(7),
  acknowledgement()(7),
  done()(7),
  ...[4, 5].map(message => {
    const writer = new MessageWriter().begin(1, message, 2, 7, 0);
    for (let attribute = 1; attribute <= 17; attribute++) writer.u32(attribute, attribute * 1000);
    return writer.end().bytes().slice();
  }),
];

/** 10,000 mutated messages; FUZZ=1000000 is the nightly form. */
const runs = Number(process.env.FUZZ ?? 10_000);

describe('any bytes are a result or a MALFORMED', () => {
  test(`${runs} mutated messages`, { timeout: 3_600_000 }, () => {
    const corpus = [
      ...fc.sample(anyFlow, { numRuns: 200, seed: 1 }).map(flow => bytesOf(flow)),
      ...fc.sample(anyExpectation, { numRuns: 60, seed: 1 }).map(expectationBytes),
      ...OTHERS,
    ];
    let seed = 0x9e3779b9;
    // xorshift32: fast and reproducible.
    const random = (below: number): number => {
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      return (seed >>> 0) % below;
    };
    for (let run = 0; run < runs; run++) {
      const bytes = corpus[random(corpus.length)]!.slice();
      for (let change = random(4) + 1; change > 0; change--) {
        const at = random(bytes.length);
        bytes[at] = random(3) === 0 ? random(256) : bytes[at]! ^ (1 << random(8));
      }
      survives(random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
    }
  });

  test('random bytes give a result or MALFORMED', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), survives), { numRuns: 2000 });
  });
});
