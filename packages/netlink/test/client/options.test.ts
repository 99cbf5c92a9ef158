import { Conntrack, EntryDeletions } from '@conntrack/netlink';
import { afterAll, describe, expect, it } from 'vitest';
import { Namespace } from '../../../lab/src/index.js';

const fresh = {
  family: 'ipv4',
  protonum: 17,
  original: { src: '10.1.1.1', dst: '192.0.2.53', sport: 5353, dport: 53 },
  timeout: 300,
} as const;

type Method = (...args: unknown[]) => unknown;

/** For each method, the arguments before its options. `null`: it has none. */
const METHODS: Readonly<Record<string, readonly unknown[] | null>> = {
  dump: [],
  dumps: [[{}]],
  list: [],
  get: [fresh],
  getMany: [[]],
  create: [fresh],
  update: [fresh, { mark: 5 }],
  delete: [fresh],
  createMany: [[]],
  updateMany: [[]],
  deleteMany: [[]],
  deleteEntries: [new EntryDeletions()],
  flush: [{ all: true }],
  cpuStats: [],
  flowtables: [],
  events: [],
  watch: [],
  getEntry: null,
  checkCreate: null,
  checkChange: null,
  count: null,
  eventsMode: null,
  capabilities: null,
  sysctl: null,
  close: null,
};

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

function opened(): { namespace: Namespace; conntrack: Conntrack } | undefined {
  try {
    const namespace = Namespace.create();
    return { namespace, conntrack: Conntrack.open({ netns: namespace.fd }) };
  } catch {
    return undefined;
  }
}

const made = opened();

describe.skipIf(made === undefined)(
  `netlink's options${made === undefined ? ' (no private network namespace)' : ''}`,
  () => {
    const { conntrack, namespace } = made ?? ({} as NonNullable<typeof made>);
    afterAll(() => {
      conntrack.close();
      namespace.close();
    });

    it('the table of methods in this test is complete', () => {
      const names: string[] = [];
      for (let type = Conntrack.prototype; type !== Object.prototype; type = Object.getPrototypeOf(type))
        for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(type)))
          if (name !== 'constructor' && get === undefined) names.push(name);
      expect(names.filter(name => !(name in METHODS))).toEqual([]);
    });

    it.each(Object.entries(METHODS).flatMap(([method, args]) => (args === null ? [] : [[method, args] as const])))(
      '%s refuses an unknown option',
      async (method, args) => {
        const call = (conntrack as unknown as Record<string, Method>)[method]!;
        const { code, message } = await failureOf(() => call.call(conntrack, ...args, { mach: 1 }));
        expect(message).toMatch(/: unknown key 'mach'\. (Did you mean|Known: )/);
        expect(code).toMatch(/OPTION_INVALID|NOT_ENCODABLE/);
      },
    );

    it.each([
      ['list', 'filter', []],
      ['dump', 'filter', null],
      ['watch', 'filter', 6],
    ])('%s refuses a %s that is not an object, because it would filter nothing', async (method, option, value) => {
      const call = (conntrack as unknown as Record<string, Method>)[method]!;
      const { code, message } = await failureOf(() => call.call(conntrack, { [option]: value }));
      expect(message).toMatch(/: filter must be an object, got /);
      expect(code).toBe('OPTION_INVALID');
    });

    it('a master that is not an object does not list the expectations of every connection', async () => {
      for (const master of [[], null]) {
        const { message } = await failureOf(() => conntrack.expectations.list({ master: master as never }));
        expect(message).toMatch(/master must be an object/);
      }
    });

    it('a misspelled member or value of a flow, change or reference is refused, and the entry is not changed', async () => {
      await conntrack.create({ ...fresh, mark: 3 });
      const failures = await Promise.all([
        failureOf(() => conntrack.list({ mach: () => true } as never)),
        failureOf(() => conntrack.create({ ...fresh, status: ['ASURED' as never] })),
        failureOf(() => conntrack.update(fresh, { marc: 5 } as never)),
        failureOf(() => conntrack.delete({ ...fresh, zoen: 7 } as never)),
      ]);
      expect(failures.map(({ message }) => message)).toEqual([
        "list: unknown key 'mach'. Did you mean 'match'?",
        expect.stringMatching(/"ASURED"\. Did you mean 'ASSURED'\?$/),
        expect.stringMatching(/unknown key 'marc'\. Did you mean 'mark'\?$/),
        expect.stringMatching(/unknown key 'zoen'\. Did you mean 'zone'\?$/),
      ]);
      expect((await conntrack.get(fresh))?.mark).toBe(3);
    });

    it('expectations refuse an unknown option', async () => {
      const { expectations } = conntrack;
      const ref = { family: 'ipv4', protonum: 6, tuple: { src: '192.0.2.1', dst: '192.0.2.2', dport: 1 } };
      for (const [method, args] of [
        ['list', []],
        ['get', [ref]],
        ['create', [{}]],
        ['delete', [ref]],
        ['flush', [{ all: true }]],
        ['cpuStats', []],
      ] as const) {
        const call = (expectations as unknown as Record<string, Method>)[method]!;
        const { message } = await failureOf(() => call.call(expectations, ...args, { mach: 1 }));
        expect(message).toMatch(/unknown key 'mach'/);
      }
    });
  },
);

it('opening a client refuses system calls that are not an object', () => {
  for (const native of ['native', null, []])
    expect(() => Conntrack.open({ native: native as never })).toThrow('native must be an object');
});

it('opening a client refuses an unknown option', () => {
  expect(() => Conntrack.open({ netsn: 'x' } as never)).toThrow("unknown key 'netsn'. Did you mean 'netns'?");
});
