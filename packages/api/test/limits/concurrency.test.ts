// The limits alone, with the test's own clock.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Problem } from '../../src/http/problem/problems.js';
import { ConcurrencyLimiter, type ConcurrencyOptions } from '../../src/limits/concurrency.js';
import { RateLimiter } from '../../src/limits/rate.js';
import { type RefusalSummary, Refusals } from '../../src/limits/refusals.js';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const limiterOf = (options: Partial<ConcurrencyOptions> = {}): ConcurrencyLimiter =>
  new ConcurrencyLimiter({ all: 3, each: 2, code: 'too-many-dumps', what: 'dumps of tables', ...options });
/** The outcome of an admission. `undefined` while it waits. */
function outcome(admission: Promise<unknown>): { is: unknown } {
  const told = { is: undefined as unknown };
  admission.then(
    () => {
      told.is = 'begun';
    },
    error => {
      told.is = error;
    },
  );
  return told;
}
const turn = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('a concurrency limiter', () => {
  test('a limiter admits its maximum of one caller and of all, and counts them', async () => {
    const limiter = limiterOf();
    await limiter.admit('a');
    await limiter.admit('a');
    const own = await limiter.admit('a').catch((error: Problem) => error);
    expect(own).toBeInstanceOf(Problem);
    expect(own).toMatchObject({
      code: 'too-many-dumps',
      message: "'a' already has 2 dumps of tables, the maximum. Wait until one ends",
      headers: { 'retry-after': '1' },
      extras: {},
    });
    await limiter.admit('b');
    const all = await limiter.admit('b').catch((error: Problem) => error);
    expect(all).toMatchObject({
      code: 'server-busy',
      message: '3 dumps of tables are already running. Try again later',
      headers: { 'retry-after': '1' },
      extras: {},
    });
    expect([limiter.running, limiter.begun, limiter.refused, limiter.waiting]).toEqual([3, 3, 2, 0]);
  });

  test('a limiter has room again after a task ended, once for each end', async () => {
    const limiter = limiterOf({ all: 2, each: 1 });
    const end = await limiter.admit('a');
    await limiter.admit('b');
    end();
    end();
    expect(limiter.running).toBe(1);
    await limiter.admit('a');
    expect([limiter.running, limiter.begun]).toEqual([2, 3]);
    await expect(limiter.admit('c')).rejects.toMatchObject({ code: 'server-busy' });
  });

  test('a limiter still counts the second task of a caller after the first one ended', async () => {
    const limiter = limiterOf({ all: 10 });
    const end = await limiter.admit('a');
    await limiter.admit('a');
    end();
    await limiter.admit('a');
    await expect(limiter.admit('a')).rejects.toMatchObject({ code: 'too-many-dumps' });
  });

  test('a limiter starts waiting tasks in the order of their arrival, skipping those that may not start', async () => {
    const limiter = limiterOf({ all: 2, each: 1, wait: 1000 });
    const [endA] = [await limiter.admit('a'), await limiter.admit('b')];
    const second = outcome(limiter.admit('b'));
    const third = outcome(limiter.admit('c'));
    await turn();
    expect([second.is, third.is, limiter.waiting]).toEqual([undefined, undefined, 2]);
    endA();
    await turn();
    // b already has one, so c is the first that may start.
    expect([second.is, third.is, limiter.waiting, limiter.running]).toEqual([undefined, 'begun', 1, 2]);
    // A task that has started is not rejected when its waiting time ends.
    await vi.advanceTimersByTimeAsync(1000);
    expect(third.is).toBe('begun');
    expect(second.is).toMatchObject({ code: 'too-many-dumps' });
    expect([limiter.waiting, limiter.refused, limiter.running]).toEqual([0, 1, 2]);
  });

  test('a limiter lets tasks wait for the configured time, and not longer', async () => {
    const limiter = limiterOf({ all: 1, each: 1, wait: 500 });
    await limiter.admit('a');
    const waiting = outcome(limiter.admit('b'));
    await vi.advanceTimersByTimeAsync(499);
    expect(waiting.is).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(waiting.is).toMatchObject({ code: 'server-busy' });
    expect(limiter.waiting).toBe(0);
  });

  test('a limiter lets as many tasks wait as may run, of one caller and of all', async () => {
    const limiter = limiterOf({ all: 2, each: 1, wait: 1000 });
    await limiter.admit('a');
    await limiter.admit('b');
    const first = outcome(limiter.admit('a'));
    await expect(limiter.admit('a')).rejects.toMatchObject({ code: 'too-many-dumps' });
    const second = outcome(limiter.admit('c'));
    await expect(limiter.admit('d')).rejects.toMatchObject({ code: 'server-busy' });
    expect([first.is, second.is, limiter.waiting, limiter.refused]).toEqual([undefined, undefined, 2, 2]);
  });

  test('a limiter rejects a task whose signal was aborted before or during its wait', async () => {
    const limiter = limiterOf({ all: 1, each: 1, wait: 1000 });
    const end = await limiter.admit('a');
    const reason = new Error('left');
    await expect(limiter.admit('b', AbortSignal.abort(reason))).rejects.toBe(reason);
    const leaving = new AbortController();
    const left = outcome(limiter.admit('b', leaving.signal));
    leaving.abort(reason);
    await turn();
    expect([left.is, limiter.waiting, limiter.refused]).toEqual([reason, 0, 0]);
    end();
    await turn();
    expect(limiter.running).toBe(0);
  });

  test('a limiter removes its listener from the signal of a started task', async () => {
    const limiter = limiterOf({ all: 1, each: 1, wait: 1000 });
    const end = await limiter.admit('a');
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const added = vi.spyOn(signal, 'addEventListener');
    const waiting = limiter.admit('b', signal);
    end();
    await waiting;
    expect(added).toHaveBeenCalledWith('abort', expect.any(Function), { once: true });
    expect(removed).toHaveBeenCalledWith('abort', added.mock.calls[0]![1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a rate limiter', () => {
  test("a rate limit's policy is in seconds, rounded up", () => {
    const policy = (window: number) => new RateLimiter({ requests: 7, window }).take('x')['ratelimit-policy'];
    expect([1000, 60_000, 1500].map(policy)).toEqual([
      '"requests";q=7;w=1',
      '"requests";q=7;w=60',
      '"requests";q=7;w=2',
    ]);
  });

  test('a rate limiter reports the remaining requests, and when all are available again', () => {
    let now = 0;
    const limiter = new RateLimiter({ requests: 4, window: 8000 }, () => now);
    expect(limiter.take('x').ratelimit).toBe('"requests";r=3;t=2');
    expect(limiter.take('x').ratelimit).toBe('"requests";r=2;t=4');
    now = 1000;
    expect(limiter.take('x').ratelimit).toBe('"requests";r=1;t=5');
    // Never more than in one window.
    now = 1_000_000;
    expect(limiter.take('x').ratelimit).toBe('"requests";r=3;t=2');
  });

  test('a rate limiter rejects further requests, and says how long to wait', () => {
    let now = 0;
    const limiter = new RateLimiter({ requests: 1, window: 5000 }, () => now);
    const refused = (): Problem => {
      try {
        limiter.take('me');
      } catch (error) {
        return error as Problem;
      }
      throw new Error('it was let in');
    };
    limiter.take('me');
    expect(refused()).toMatchObject({
      code: 'too-many-requests',
      message: "'me' exceeded 1 requests in 5 s. Wait 5 s",
      extras: {},
      headers: { 'retry-after': '5', ratelimit: '"requests";r=0;t=5', 'ratelimit-policy': '"requests";q=1;w=5' },
    });
    now = 3000;
    expect(refused().headers['retry-after']).toBe('2');
    now = 4999;
    expect(refused().headers['retry-after']).toBe('1');
    now = 5000;
    expect(limiter.take('me').ratelimit).toBe('"requests";r=0;t=5');
  });

  test('a rate limiter uses a monotonic clock by default', () => {
    vi.useRealTimers();
    const limiter = new RateLimiter({ requests: 2, window: 3_600_000 });
    const clock = vi.spyOn(performance, 'now').mockReturnValue(5);
    const wall = vi.spyOn(Date, 'now').mockReturnValue(10 ** 15);
    limiter.take('x');
    limiter.take('x');
    expect(() => limiter.take('x')).toThrow();
    clock.mockReturnValue(10_000_000);
    expect(limiter.take('x').ratelimit).toMatch('r=1;');
    clock.mockRestore();
    wall.mockRestore();
  });

  test('a rate limiter forgets the callers that were idle longest if there are too many', () => {
    const limiter = new RateLimiter({ requests: 2, window: 1e9 }, () => 0);
    limiter.take('first');
    limiter.take('second');
    for (let i = 0; i < 9998; i++) limiter.take(`caller ${i}`);
    // All ten thousand are known. A caller that sends a request is forgotten last.
    expect(limiter.take('first').ratelimit).toMatch('r=0;');
    limiter.take('one more');
    expect(() => limiter.take('first')).toThrow();
    expect(limiter.take('second').ratelimit).toMatch('r=1;');
  });
});

describe('rejected requests', () => {
  const limits = { refusals: 3, refusalLines: 2, window: 1000 };
  const start = (now?: () => number) => {
    const told: RefusalSummary[] = [];
    return { told, refusals: new Refusals(limits, summary => told.push(summary), now) };
  };

  test('rejected requests of one address are logged individually, then counted, then answered with 429', () => {
    const { refusals } = start();
    const note = () => refusals.note('192.0.2.1', 'unauthenticated');
    expect([note(), note(), note()]).toEqual([{ logged: true }, { logged: true }, { logged: false }]);
    const { logged, problem } = note();
    expect(logged).toBe(false);
    expect(problem).toMatchObject({
      code: 'too-many-requests',
      message: '4 requests from 192.0.2.1 were refused. Check the token, and wait 1 s',
      headers: { 'retry-after': '1' },
      extras: {},
    });
    expect(refusals.note('192.0.2.2', 'unauthenticated')).toEqual({ logged: true });
  });

  test('rejected requests over a unix socket are all logged, and not limited', () => {
    const { refusals, told } = start();
    for (let i = 0; i < 9; i++) expect(refusals.note(undefined, 'unauthenticated')).toEqual({ logged: true });
    refusals.close();
    expect(told).toEqual([]);
  });

  test('rejected requests are forgotten at the end of their window, and summarized by code', async () => {
    const { refusals, told } = start();
    for (const code of ['unauthenticated', 'unauthenticated', 'unauthenticated', 'scope-missing', 'unauthenticated'])
      refusals.note('192.0.2.1', code);
    await vi.advanceTimersByTimeAsync(999);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([
      {
        remoteAddress: '192.0.2.1',
        from: '1970-01-01T00:00:00.000Z',
        count: 3,
        codes: { unauthenticated: 2, 'scope-missing': 1 },
      },
    ]);
    expect(refusals.note('192.0.2.1', 'unauthenticated')).toEqual({ logged: true });
    // Rejections that were logged individually need no summary.
    refusals.close();
    expect(told).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('rejected requests start a new window when the clock has passed the old one, with or without its timer', () => {
    let now = 500;
    const { refusals, told } = start(() => now);
    const note = () => refusals.note('192.0.2.1', 'unauthenticated');
    for (let i = 0; i < 4; i++) note();
    now = 1499;
    expect(note().problem?.headers['retry-after']).toBe('1');
    now = 1500;
    expect(note()).toEqual({ logged: true });
    expect(told).toMatchObject([{ count: 3, from: '1970-01-01T00:00:00.500Z' }]);
    // The timer of the old window must not end the new one.
    expect(vi.getTimerCount()).toBe(1);
  });

  test('the wait after too many rejected requests is at least one second', () => {
    let now = 0;
    const refusals = new Refusals(
      { refusals: 0, refusalLines: 0, window: 10_000 },
      () => {},
      () => now,
    );
    const wait = () => refusals.note('192.0.2.1', 'x').problem?.headers['retry-after'];
    expect(wait()).toBe('10');
    now = 4500;
    expect(wait()).toBe('6');
    now = 9999;
    expect(wait()).toBe('1');
  });

  test('rejected requests of an IPv6 /64 are counted together', () => {
    const { refusals, told } = start();
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:db8:1:2:3:4:5:6%eth0'])
      refusals.note(address, 'x');
    expect(refusals.note('2001:db8:1:2::9', 'x').problem?.message).toContain('4 requests from 2001:db8:1:2::9');
    expect(refusals.note('2001:db8:1:3::1', 'x')).toEqual({ logged: true });
    refusals.close();
    expect(told).toMatchObject([{ remoteAddress: '2001:db8:1:2::/64', count: 2 }]);
    // A proxy may have forwarded any text as address.
    expect(refusals.note('a:b', 'unauthenticated').logged).toBe(true);
  });

  test('rejected requests of too many addresses share one window', () => {
    const { refusals, told } = start();
    const address = (i: number): string => `10.0.${i >> 8}.${i & 255}`;
    for (let i = 0; i < 4096; i++) refusals.note(address(i), 'x');
    for (let i = 5000; i < 5003; i++) refusals.note(address(i), 'x');
    // Addresses that were known before keep their own window.
    expect(refusals.note(address(0), 'x')).toEqual({ logged: true });
    expect(refusals.note(address(9000), 'x').problem?.code).toBe('too-many-requests');
    refusals.close();
    expect(told).toMatchObject([{ remoteAddress: 'others', count: 2 }]);
  });

  test('a long address is shortened in the error', () => {
    const refusals = new Refusals({ refusals: 0, refusalLines: 0, window: 1000 }, () => {});
    const { problem } = refusals.note('1'.repeat(500), 'x');
    expect(problem?.message).toContain(`from ${'1'.repeat(64)} were`);
  });
});
