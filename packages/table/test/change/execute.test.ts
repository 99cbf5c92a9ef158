// The result of executing a plan, with every member; and the errors if the execution fails.
import type { Flow } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { type ChangeOutcome, ConntrackTable, MemorySource, TableError, type TableSource } from '../../src/index.js';
import { newFlowOf } from '../../src/snapshot/new-flow-of.js';
import { failing, filter, tcpFlow } from '../flows.js';
import { kernelTable, noKernel } from '../namespace.js';

const flows = (count: number) => Array.from({ length: count }, (_, i) => tcpFlow(i + 1));
const tcp = filter('proto=tcp');

/** A table whose source answers a change of many flows with these outcomes, then with an error if there is one. */
function scripted(outcomes: readonly ChangeOutcome[], error?: unknown): ConntrackTable {
  const source = new MemorySource(flows(outcomes.length + (error === undefined ? 0 : 2)));
  source.deleteMany = async function* () {
    yield* outcomes;
    if (error !== undefined) throw error;
  };
  return new ConntrackTable(source);
}
const failed = (message: string): ChangeOutcome => ({ failed: new TableError('SOURCE_FAILED', message) });

describe('the result of a plan', () => {
  it('the result of a plan has every count, the largest groups first, and nothing that did not happen', async () => {
    const source = new MemorySource([
      tcpFlow(1),
      tcpFlow(2),
      tcpFlow(4),
      tcpFlow(6),
      { ...tcpFlow(7), protonum: 17, protocol: 'udp', state: undefined } as never,
      { ...tcpFlow(9), protonum: 17, protocol: 'udp', state: undefined } as never,
    ]);
    const plan = await new ConntrackTable(source).plan(filter('dport=80'), 'delete');
    const groups = [
      ['tcp TIME_WAIT', 3],
      ['udp', 2],
      ['tcp ESTABLISHED', 1],
    ];
    expect(Object.entries(plan.breakdown)).toEqual(groups);
    const result = await plan.execute();
    expect(Object.entries(result.breakdown)).toEqual(groups);
    const { breakdown: _, ...rest } = result;
    expect(rest).toEqual({
      dryRun: false,
      matched: 6,
      changed: 6,
      gone: 0,
      failed: 0,
      skipped: 0,
      skips: [],
      failures: [],
      warnings: [],
      notAttempted: 0,
    });
    expect(result).not.toHaveProperty('verified');
  });

  it('the live result of a plan begins with nothing done', async () => {
    const begun: unknown[] = [];
    const plan = await new ConntrackTable(new MemorySource(flows(3))).plan(tcp, 'delete');
    await plan.execute({ live: result => void begun.push(structuredClone(result)) });
    expect(begun).toEqual([
      {
        dryRun: false,
        matched: 3,
        changed: 0,
        gone: 0,
        failed: 0,
        skipped: 0,
        breakdown: plan.breakdown,
        skips: [],
        failures: [],
        warnings: [],
        notAttempted: 3,
      },
    ]);
  });

  it('the result of a plan counts failures by their reason', async () => {
    const outcomes = ['changed', failed('busy'), 'gone', failed('no room'), failed('busy'), 'changed'] as const;
    const result = await (await scripted(outcomes).plan(tcp, 'delete')).execute();
    expect(result).toMatchObject({ changed: 2, gone: 1, failed: 3, notAttempted: 0 });
    expect(result.failures).toEqual([
      { reason: 'busy', count: 2 },
      { reason: 'no room', count: 1 },
    ]);
  });

  it('an error during a plan contains the result, which counts every flow once', async () => {
    const outcomes = ['changed', 'gone', 'gone', failed('busy')] as const;
    const broken = new TableError('NO_ROOM', 'the table is full', { sysctl: 'nf_conntrack_max' });
    const error = await failing((await scripted(outcomes, broken).plan(tcp, 'delete')).execute());
    expect(error).toMatchObject({
      code: 'NO_ROOM',
      message: 'the table is full: 1 of 6 flows were changed, 2 were not attempted',
      cause: broken,
      details: {
        sysctl: 'nf_conntrack_max',
        result: { changed: 1, gone: 2, failed: 1, notAttempted: 2, failures: [{ reason: 'busy', count: 1 }] },
      },
    });
  });

  it('an error of another kind during a plan becomes SOURCE_FAILED with the result', async () => {
    const broken = Object.assign(new Error('the socket broke'), { details: { secret: 1 } });
    const error = await failing((await scripted(['changed'], broken).plan(tcp, 'delete')).execute());
    expect(error).toMatchObject({ code: 'SOURCE_FAILED', cause: broken });
    expect(error.details).not.toHaveProperty('secret');
    const thrown = await failing((await scripted(['changed'], 'a text').plan(tcp, 'delete')).execute());
    expect(thrown.message).toBe('a text: 1 of 3 flows were changed, 2 were not attempted');
  });
});

describe('a second look', () => {
  it('verification does not look up flows that were gone before', async () => {
    const source = new MemorySource(flows(3));
    const table = new ConntrackTable(source);
    const plan = await table.plan(tcp, 'delete');
    const first: Flow = (await table.list().next()).value!;
    await table.delete(first.key!);
    await table.create({ ...newFlowOf(first), timeout: 60 });
    const { gone, verified } = await plan.execute({ verify: { after: 0 } });
    expect([gone, verified]).toMatchObject([1, { looked: 2, back: 0 }]);
    expect(await table.count()).toBe(1);
  });

  it('a verification that is aborted throws an error with what was done', async () => {
    const table = new ConntrackTable(new MemorySource(flows(3)));
    const plan = await table.plan(tcp, 'delete');
    const giving = new AbortController();
    const executing = failing(plan.execute({ signal: giving.signal, verify: { after: 3_600_000 } }));
    await expect.poll(() => table.count()).toBe(0);
    giving.abort(new Error('enough'));
    expect(await executing).toMatchObject({ code: 'STOPPED', details: { result: { changed: 3, notAttempted: 0 } } });
  });

  it('a verification that fails throws an error with what was done', async () => {
    const source = new MemorySource(flows(3));
    const plan = await new ConntrackTable(source).plan(tcp, 'delete');
    source.scan = () => {
      throw new Error('the socket broke');
    };
    expect(await failing(plan.execute({ verify: { after: 0 } }))).toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'the socket broke: 3 of 3 flows were changed, 0 were not attempted',
      details: { result: { changed: 3, notAttempted: 0 } },
    });
  });
});

describe('a plan that cannot be carried out says why', () => {
  it('a plan cannot be executed twice', async () => {
    const plan = await new ConntrackTable(new MemorySource(flows(1))).plan(tcp, 'delete');
    await plan.execute();
    const error = await failing(plan.execute());
    expect([error.code, error.message]).toEqual(['PLAN_USED', expect.stringContaining('already executed')]);
  });

  it('a plan cannot be executed from the moment it expires', async () => {
    let now = 1000;
    const source = new MemorySource(flows(1));
    const plan = await new ConntrackTable(source, { now: () => now }).plan(tcp, 'delete', { life: 50 });
    expect(plan.expires).toBe(1050);
    now = 1050;
    const error = await failing(plan.execute());
    expect([error.code, error.message]).toEqual(['PLAN_EXPIRED', expect.stringContaining('has expired')]);
    now = 1049;
    expect(await plan.execute()).toMatchObject({ changed: 1 });
  });

  it('a plan cannot be made without a filter, or with one that matches every flow', async () => {
    const table = new ConntrackTable(new MemorySource(flows(1)));
    for (const none of [[], filter(''), [tcp, filter('')]]) {
      const error = await failing(table.plan(none, 'delete'));
      expect([error.code, error.message]).toEqual(['FILTER_REQUIRED', expect.stringContaining('requires a filter')]);
    }
    expect(await table.count()).toBe(1);
  });

  it('a plan checks that the source records the fields of each filter, and passes the signal on', async () => {
    const source = new MemorySource(flows(2));
    const asked: (AbortSignal | undefined)[] = [];
    const uncounted: TableSource = source;
    uncounted.recorded = async (_, signal) => {
      asked.push(signal);
      return { counters: false, start: true, stop: true, age: true, rates: true, firstSeen: true };
    };
    const table = new ConntrackTable(source);
    const { signal } = new AbortController();
    const error = await failing(table.plan([tcp, filter('bytes>0')], 'delete', { signal }));
    expect(error).toMatchObject({ code: 'FIELD_UNAVAILABLE', details: { field: 'bytes' } });
    expect(asked).toEqual([signal]);
  });
});

describe('limits', () => {
  const planned = async (options: object, count = 3) =>
    (await new ConntrackTable(new MemorySource(flows(count))).plan(tcp, 'delete', options)).refusal;

  it('a limit applies from the first flow above it', async () => {
    expect(await planned({ maxAffected: 3 })).toBeUndefined();
    expect(await planned({ maxAffected: 2 })).toMatchObject({ code: 'TOO_MANY_AFFECTED', details: { matched: 3 } });
    expect((await planned({ maxAffected: 2 }))!.message).toMatch(/^3 flows match and at most 2 can be changed/);
    expect((await planned({ maxAffected: 0 }, 1))!.message).toMatch(/^1 flow matches and at most 0 can be changed/);
  });

  it('the default limit is 1000 flows', async () => {
    expect(await planned({}, 1000)).toBeUndefined();
    expect(await planned({}, 1001)).toMatchObject({ code: 'TOO_MANY_AFFECTED', details: { matched: 1001 } });
  });

  it('an expected count applies in both directions, with its tolerance', async () => {
    for (const expect_ of [3, 2, 4]) {
      const refusal = await planned({ expect: expect_ });
      if (expect_ === 3) expect(refusal).toBeUndefined();
      else {
        expect(refusal).toMatchObject({ code: 'EXPECT_MISMATCH', details: { matched: 3 } });
        expect(refusal!.message).toMatch(`3 flows would be changed where ${expect_} were expected`);
      }
      expect(await planned({ expect: expect_, tolerance: 1 })).toBeUndefined();
    }
    for (const expect_ of [1, 5])
      expect((await planned({ expect: expect_, tolerance: 1 }))!.message).toMatch(`${expect_} (± 1) were`);
    expect((await planned({ expect: 0 }, 1))!.message).toMatch(/^1 flow would be changed where 0 were expected/);
  });

  it.each(['maxAffected', 'expect', 'tolerance', 'life'])(
    'the limit %s must be a number that is not negative',
    async name => {
      for (const wrong of [-1, Number.NaN, '5', null, {}]) {
        const error = await failing(planned({ [name]: wrong }) as Promise<unknown>);
        expect(error.code).toBe('INVALID_CHANGE');
        expect(error.message).toContain(name);
        expect(error.message).toContain(String(wrong));
      }
      expect(await planned({ expect: 0, [name]: 0 }, 0)).toBeUndefined();
    },
  );
});

describe.skipIf(noKernel)(`the warning of TCP that is tracked anew${noKernel ? ` (${noKernel})` : ''}`, () => {
  const LOOSE = /nf_conntrack_tcp_loose/;
  /** The warnings of a change on a kernel's table with a TCP and a UDP flow. */
  async function warnings(change: object | 'delete', query: string, loose = 1): Promise<string[]> {
    const made = await kernelTable();
    try {
      made.namespace.sysctl('netfilter.nf_conntrack_tcp_loose', loose);
      const original = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 80 };
      const status = ['SEEN_REPLY', 'ASSURED'] as const;
      await made.table.create({ family: 'ipv4', protonum: 6, original, state: 'ESTABLISHED', timeout: 600, status });
      await made.table.create({ family: 'ipv4', protonum: 17, original, timeout: 600, status });
      const plan = await made.table.plan(filter(query), change as 'delete');
      // A plan whose flow has ended changes nothing, and so gives no warning.
      if (query.includes('reply')) await made.source.flush({ all: true });
      return (await plan.execute()).warnings;
    } finally {
      made.close();
    }
  }

  it('a warning is given if a TCP flow was deleted, alone or among others', async () => {
    expect(await warnings('delete', 'proto=tcp')).toEqual([expect.stringMatching(LOOSE)]);
    expect(await warnings('delete', 'dport=80')).toEqual([expect.stringMatching(LOOSE)]);
  });

  it('no warning is given if TCP entries are not re-created', async () => {
    expect(await warnings('delete', 'proto=tcp', 0)).toEqual([]);
    expect(await warnings('delete', 'proto=udp')).toEqual([]);
    expect(await warnings({ mark: 1 }, 'proto=tcp')).toEqual([]);
    expect(await warnings('delete', 'reply.sport=80')).toEqual([]);
  });

  it('no warning is given for a table that is not a kernel’s', async () => {
    const plan = await new ConntrackTable(new MemorySource(flows(1))).plan(tcp, 'delete');
    expect(await plan.execute()).toMatchObject({ changed: 1, warnings: [] });
  });
});
