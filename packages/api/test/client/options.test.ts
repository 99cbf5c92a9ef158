import { ClientError, ConntrackClient } from '@conntrack/client';
import { nodeFetch } from '@conntrack/client/node';
import { expect, test } from 'vitest';

/** A client whose requests all fail the test. */
const sent: string[] = [];
const client = new ConntrackClient({
  url: 'http://127.0.0.1:1',
  retry: false,
  fetch: async input => {
    sent.push(String(input));
    throw new Error('a request was sent');
  },
});

const KEY = 'ct1.AAAAAgYKAAABCgAAAgABAAIAAAAB';

/**
 * For each method: the arguments before its options, and a misspelled option with the correct one. `null`: the method
 * has no options.
 */
const METHODS: Readonly<Record<string, [args: readonly unknown[], wrong: string, right: string] | null>> = {
  netns: null,
  list: [['proto=tcp'], 'limt', 'limit'],
  batches: [['proto=tcp'], 'limt', 'limit'],
  page: [['proto=tcp'], 'cursr', 'cursor'],
  count: [['proto=tcp'], 'signl', 'signal'],
  get: [[KEY], 'fieds', 'fields'],
  lookup: [[{ proto: 'tcp', src: '192.0.2.1', dst: '192.0.2.2' }], 'signl', 'signal'],
  create: [[{}], 'idempotencyKy', 'idempotencyKey'],
  update: [[KEY, { mark: 5 }], 'idempotencyKy', 'idempotencyKey'],
  delete: [[KEY], 'idempotencyKy', 'idempotencyKey'],
  updateMany: [['proto=tcp', { mark: 5 }], 'maxAfected', 'maxAffected'],
  deleteMany: [['proto=tcp'], 'maxAfected', 'maxAffected'],
  past: [[], 'form', 'from'],
  plan: [['proto=tcp', 'delete'], 'tolerence', 'tolerance'],
  gaps: [[], 'signl', 'signal'],
  getPlan: [['p'], 'signl', 'signal'],
  execute: [['p'], 'idempotencyKy', 'idempotencyKey'],
  drain: [['proto=tcp', 60], 'tolerence', 'tolerance'],
  reconcile: [['proto=tcp', []], 'maxAfected', 'maxAffected'],
  changes: [[[]], 'dryRn', 'dryRun'],
  snapshot: [['proto=tcp'], 'formt', 'format'],
  restore: [[''], 'idempotencyKy', 'idempotencyKey'],
  flush: [[], 'zoen', 'zone'],
  watch: [['proto=tcp'], 'inital', 'initial'],
  top: [['proto=tcp'], 'metrik', 'metric'],
  overview: [['proto=tcp'], 'grops', 'groups'],
  whoami: [[], 'signl', 'signal'],
  version: [[], 'signl', 'signal'],
  namespaces: [[], 'signl', 'signal'],
  expectations: [[], 'helpr', 'helper'],
  watchExpectations: [[], 'idel', 'idle'],
  deleteExpectation: [['abc'], 'signl', 'signal'],
  flushExpectations: [[], 'helpr', 'helper'],
  text: [['proto=tcp'], 'formt', 'format'],
  stats: [[], 'signl', 'signal'],
  doctor: [[], 'signl', 'signal'],
  capabilities: [[], 'signl', 'signal'],
  checkFilter: [['proto=tcp'], 'purpse', 'purpose'],
  explainFilter: [['proto=tcp'], 'signl', 'signal'],
  completeFilter: [['pro'], 'positon', 'position'],
  filterFields: [[], 'signl', 'signal'],
};

/** The error that a call throws: at once, when it is awaited, or at the first step of its loop. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
      await (result as AsyncGenerator).next();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('the table of client methods is complete', () => {
  const names = Object.getOwnPropertyNames(ConntrackClient.prototype).filter(name => name !== 'constructor');
  expect(Object.keys(METHODS).sort()).toEqual(names.sort());
});

test.each(Object.entries(METHODS).flatMap(([name, how]) => (how === null ? [] : [[name, ...how] as const])))(
  'the client method %s rejects an unknown option and sends nothing',
  async (name, args, wrong, right) => {
    const method = (client as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!;
    sent.length = 0;
    const error = await failureOf(() => method.call(client, ...args, { [wrong]: 1 }));
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code: 'REQUEST_INVALID' });
    expect((error as Error).message).toMatch(new RegExp(`: unknown key '${wrong}'\\. Did you mean '${right}'\\?$`));
    expect(await failureOf(() => method.call(client, ...args, { mach: 1 }))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(sent).toEqual([]);
  },
);

test('options of the client, of retries, of a look-up and of nodeFetch are checked', async () => {
  const url = 'http://127.0.0.1:1';
  expect(() => new ConntrackClient({ url, tokn: 'x' } as never)).toThrow("unknown key 'tokn'. Did you mean 'token'?");
  expect(() => new ConntrackClient({ url, retry: { maxAttemps: 1 } } as never)).toThrow(
    "ConntrackClient: retry: unknown key 'maxAttemps'. Did you mean 'maxAttempts'?",
  );
  await expect(client.lookup({ proto: 'tcp', src: '192.0.2.1', dst: '192.0.2.2', sprt: 1 } as never)).rejects.toThrow(
    "unknown key 'sprt'. Did you mean 'sport'?",
  );
  expect(() => nodeFetch({ socketPth: '/x' } as never)).toThrow("unknown key 'socketPth'. Did you mean 'socketPath'?");
});
