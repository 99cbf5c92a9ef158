import { afterAll, describe, expect, it } from 'vitest';
import { ConntrackTable, MemorySource, openTable } from '../src/index.js';
import { filter } from './flows.js';
import { kernelTable, noKernel } from './namespace.js';

const fresh = {
  family: 'ipv4',
  protonum: 17,
  original: { src: '10.1.1.1', dst: '192.0.2.53', sport: 5353, dport: 53 },
  timeout: 300,
} as const;

type Method = (...args: unknown[]) => unknown;

/** For each method, the arguments before its options. `null`: it has none. */
const METHODS: Readonly<Record<string, readonly unknown[] | null>> = {
  view: [],
  capabilities: [],
  batches: [],
  rows: [],
  list: [],
  page: [],
  pageOf: null,
  overview: [],
  overviewOf: null,
  count: [],
  counts: [[]],
  top: [],
  stats: [],
  doctor: [],
  checkAvailable: [],
  events: [],
  lookupMany: [[]],
  get: ['ct1.x'],
  getOf: ['ct1.x', () => 0],
  lookup: [fresh],
  create: [fresh],
  update: [fresh, { mark: 5 }],
  delete: [fresh],
  plan: [filter('proto=udp'), 'delete'],
  deleteMany: [filter('proto=udp')],
  updateMany: [filter('proto=udp'), { mark: 5 }],
  changeEach: [[]],
  planReconcile: [{ scope: filter('proto=udp'), keep: [] }],
  reconcile: [{ scope: filter('proto=udp'), keep: [] }],
  planDrain: [{ filter: filter('proto=udp'), within: 10 }],
  drain: [{ filter: filter('proto=udp'), within: 10 }],
  snapshot: [],
  restore: [[]],
  flush: [{ all: true }],
  execute: null,
  close: null,
  checkWritable: null,
  indexState: null,
};

/** What a call throws: at once, when it is awaited, or at the first step of its loop. */
async function failureOf(call: () => unknown): Promise<{ code?: string; message: string }> {
  try {
    const result = await call();
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
      await (result as AsyncGenerator)[Symbol.asyncIterator]().next();
  } catch (error) {
    return error as Error;
  }
  return { message: 'nothing was refused' };
}

const sources: [string, () => Promise<{ table: ConntrackTable; close(): void }>][] = [
  ['memory', async () => ({ table: new ConntrackTable(new MemorySource()), close: () => {} })],
  ['kernel', kernelTable],
];

describe.each(sources)('a table of %s', (name, open) => {
  describe.skipIf(name === 'kernel' && noKernel !== undefined)(`${noKernel ?? 'with one entry'}`, () => {
    const opened = noKernel !== undefined && name === 'kernel' ? undefined : open();
    const table = async (): Promise<ConntrackTable> => (await opened!).table;
    afterAll(async () => (await opened)?.close());

    it('the table of methods in this test is complete', () => {
      const names = Object.getOwnPropertyNames(ConntrackTable.prototype).filter(
        each => each !== 'constructor' && !Object.getOwnPropertyDescriptor(ConntrackTable.prototype, each)!.get,
      );
      expect(names.filter(each => !(each in METHODS))).toEqual([]);
    });

    it.each(Object.entries(METHODS).flatMap(([method, args]) => (args === null ? [] : [[method, args] as const])))(
      '%s refuses an unknown option',
      async (method, args) => {
        const made = await table();
        const call = (made as unknown as Record<string, Method>)[method]!;
        const { code, message } = await failureOf(() => call.call(made, ...args, { mach: 1 }));
        expect(message).toMatch(/: unknown key 'mach'\. (Did you mean|Known: )/);
        expect(code).toBe('OPTION_INVALID');
      },
    );

    it('changes with a misspelled limit, value or member are refused, and the entry is not changed', async () => {
      const made = await table();
      const flow = await made.create({ ...fresh, mark: 3 });
      const udp = filter('proto=udp');
      const refusals = [
        failureOf(() => made.list({ mach: udp } as never)),
        failureOf(() => made.list({ filtr: udp } as never)),
        failureOf(() => made.deleteMany(udp, { maxAfected: 0 } as never)),
        failureOf(() => made.create({ ...fresh, status: ['ASURED' as never] })),
        failureOf(() => made.update(flow.key!, { marc: 5 } as never)),
        failureOf(() => made.update(flow, { mark: 5, markMsk: 1 } as never)),
      ];
      expect((await Promise.all(refusals)).map(({ code, message }) => `${code} ${message}`)).toEqual([
        expect.stringMatching(/^OPTION_INVALID list: unknown key 'mach'/),
        "OPTION_INVALID list: unknown key 'filtr'. Did you mean 'filter'?",
        "OPTION_INVALID deleteMany: unknown key 'maxAfected'. Did you mean 'maxAffected'?",
        expect.stringMatching(/^INVALID_CHANGE create: status.*"ASURED". Did you mean 'ASSURED'\?$/),
        "INVALID_CHANGE update: unknown key 'marc'. Did you mean 'mark'?",
        "INVALID_CHANGE update: unknown key 'markMsk'. Did you mean 'markMask'?",
      ]);
      expect((await made.get(flow.key!)).mark).toBe(3);
    });

    it('pageOf and overviewOf refuse an unknown option', async () => {
      const made = await table();
      await expect(made.pageOf({ limt: 1 } as never, () => 1)).rejects.toThrow("Did you mean 'limit'?");
      await expect(made.overviewOf({ grops: [] } as never, () => 1)).rejects.toThrow("Did you mean 'groups'?");
    });

    it('a flow with NAT whose tuple exists already is refused with the existing entry', async () => {
      const made = await table();
      const original = { ...fresh.original, sport: 6000 };
      const flow = { ...fresh, original, nat: { src: { address: '192.0.2.9' } } };
      await made.create(flow as never);
      const failure = await failureOf(() => made.create(flow as never));
      expect(failure).toMatchObject({ code: 'FLOW_EXISTS', details: { flow: { original } } });
    });

    it('expectations refuse an unknown option', async () => {
      const made = (await table()).expectations;
      for (const [method, args] of [
        ['list', []],
        ['delete', ['x']],
        ['flush', [{ all: true }]],
        ['events', []],
      ] as const)
        expect(
          (await failureOf(() => (made as unknown as Record<string, Method>)[method]!.call(made, ...args, { mach: 1 })))
            .message,
        ).toMatch(/unknown key 'mach'/);
    });
  });
});

it('opening a table refuses an unknown option', async () => {
  expect((await failureOf(() => openTable('memory', { protct: 1 } as never))).message).toBe(
    "openTable: unknown key 'protct'. Did you mean 'protect'?",
  );
  expect(() => new MemorySource([], { clok: 1 } as never)).toThrow("Did you mean 'clock'?");
  expect(() => new ConntrackTable(new MemorySource(), { protct: 1 } as never)).toThrow("Did you mean 'protect'?");
});
