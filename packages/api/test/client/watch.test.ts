import { ConntrackClient, type WatchOptions, type WatchRecord } from '@conntrack/client';
import { describe, expect, test } from 'vitest';
import { udpFlow } from '../flows.js';

const flow = udpFlow;
const record = (type: string, position: number, more: object = {}): object => ({
  type,
  position: `e-${position}`,
  ...more,
});
const begin = (position: number): object => record('resync', position, { reason: 'initial', snapshot: true });
const whole = (position: number): object => record('bookmark', position, { synced: true });
const row = record('snapshot', 0, { flow });
const fresh = (position: number): object => record('new', position, { flow });

/**
 * What a server does with one connection: it sends lines (an object is a record, text is sent unchanged), rejects it,
 * or sends nothing.
 */
type Turn = (object | string)[] | { status: number; code?: string; retryAfter?: string } | 'refused' | 'silent';

interface Scripted {
  client: ConntrackClient;
  /** The query string of each connection. */
  asked: string[];
  /** The waits between connections. */
  waits: number[];
  options: WatchOptions;
}

/** A client of a server that takes one scripted step for each connection. */
function scripted(turns: Turn[], options: WatchOptions = {}): Scripted {
  const asked: string[] = [];
  const waits: number[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    asked.push(new URL(String(url)).search);
    const turn = turns.shift() ?? { status: 403, code: 'scope-missing' };
    if (turn === 'refused') throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    if (typeof turn === 'object' && 'status' in turn)
      return new Response(JSON.stringify({ code: turn.code ?? 'internal', detail: 'no' }), {
        status: turn.status,
        headers: {
          'content-type': 'application/problem+json',
          ...(turn.retryAfter && { 'retry-after': turn.retryAfter }),
        },
      });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        init?.signal?.addEventListener('abort', () => controller.error(init.signal!.reason));
        if (turn === 'silent') return;
        for (const line of turn)
          controller.enqueue(new TextEncoder().encode(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`));
        controller.close();
      },
    });
    return new Response(body);
  };
  return {
    client: new ConntrackClient({ url: 'http://x', fetch }),
    asked,
    waits,
    options: {
      ...options,
      retry: {
        random: () => 1,
        sleep: async milliseconds => {
          waits.push(milliseconds);
        },
        ...options.retry,
      },
    },
  };
}

/** All records, and the error that ends them. */
async function heard({ client, options }: Scripted): Promise<{ records: WatchRecord[]; error: unknown }> {
  const records: WatchRecord[] = [];
  try {
    for await (const each of client.watch('proto=udp', options)) records.push(each);
  } catch (error) {
    return { records, error };
  }
  throw new Error('a watch has no end of its own');
}

const types = (records: readonly WatchRecord[]): string => records.map(({ type }) => type).join(' ');

test('a watch resumes after the last record, bookmarks included, without reporting it', async () => {
  const it = scripted([[fresh(1), fresh(2), record('bookmark', 5)], [fresh(6)], [record('bye', 6)], []]);
  const { records, error } = await heard(it);
  expect(records).toEqual([fresh(1), fresh(2), fresh(6)]);
  expect(it.asked).toEqual([
    '?proto=udp',
    ...Array(2)
      .fill('?proto=udp')
      .map((q, i) => `${q}&since=e-${5 + i}`),
    '?proto=udp&since=e-6',
    '?proto=udp&since=e-6',
  ]);
  expect(error).toMatchObject({ code: 'scope-missing' });
});

test('a watch returns bookmarks if requested, and sends its options to the server', async () => {
  const it = scripted([[record('bookmark', 5)]], { bookmarks: true, types: ['new', 'destroy'], since: 'e-4' });
  expect(types((await heard(it)).records)).toBe('bookmark');
  expect(it.asked[0]).toBe('?proto=udp&types=new%2Cdestroy&since=e-4');
});

test('a record that was cut off is neither lost nor repeated', async () => {
  const cut = JSON.stringify(fresh(2)).slice(0, 40);
  const it = scripted([[fresh(1), cut], [fresh(2)]]);
  expect((await heard(it)).records).toEqual([fresh(1), fresh(2)]);
  expect(it.asked[1]).toContain('since=e-1');
});

describe('waits between connections', () => {
  test('the wait doubles up to its maximum, and starts over after a record', async () => {
    const it = scripted(['refused', { status: 503 }, 'refused', 'refused', [fresh(1)], 'refused'], {
      retry: { base: 100, max: 500 },
    });
    await heard(it);
    expect(it.waits).toEqual([100, 200, 400, 500, 100, 200]);
  });

  test('the wait is a random time of at least half of its maximum', async () => {
    const it = scripted(['refused'], { retry: { base: 100, random: () => 0 } });
    await heard(it);
    expect(it.waits).toEqual([50]);
  });

  test('the wait is as long as the server asks', async () => {
    const it = scripted([{ status: 429, retryAfter: '7' }, [record('bye', 1)]], {
      retry: { base: 100 },
    });
    await heard(it);
    expect(it.waits).toEqual([7100, 200]);
  });

  test('the watch fails after the maximum number of attempts, and reports each of them', async () => {
    const tries: unknown[] = [];
    const it = scripted(Array(9).fill('refused'), { retry: { maxAttempts: 3, onRetry: retry => tries.push(retry) } });
    expect((await heard(it)).error).toMatchObject({ code: 'WATCH_FAILED', cause: { code: 'CONNECTION_FAILED' } });
    expect(tries).toMatchObject([{ attempt: 1, error: { code: 'CONNECTION_FAILED' } }, { attempt: 2 }]);
  });
});

describe('a position that is no longer available', () => {
  const gone = { status: 410, code: 'position-gone' };
  test('a position that is no longer available is reported as gap and resync, and the watch continues from now', async () => {
    const it = scripted([[fresh(1)], gone, [fresh(90)]]);
    expect((await heard(it)).records).toEqual([
      fresh(1),
      { type: 'gap', where: 'ring', count: null, position: 'e-1' },
      { type: 'resync', reason: 'ring', snapshot: false, position: 'e-1' },
      fresh(90),
    ]);
    expect(it.asked[2]).toBe('?proto=udp');
  });

  test('a position that is no longer available is an error if the caller gave it', async () => {
    expect((await heard(scripted([gone], { since: 'old-1' }))).error).toMatchObject({ status: 410 });
  });

  test("with snapshots, the server's resync replaces a position that is no longer available", async () => {
    const it = scripted([[begin(0), row, whole(7)], [begin(0), row, whole(9), fresh(10)], []], { initial: true });
    expect(types((await heard(it)).records)).toBe('resync snapshot bookmark resync snapshot bookmark new');
    expect(it.asked.slice(0, 3)).toEqual(
      ['', '&since=e-7', '&since=e-10'].map(since => `?proto=udp${since}&initial=true`),
    );
  });
});

test('an interrupted snapshot starts over, because it cannot be resumed', async () => {
  const it = scripted([[fresh(6), begin(0), row, fresh(7)], 'refused', [begin(0), row, whole(8)], []], {
    initial: true,
  });
  expect(types((await heard(it)).records)).toBe('new resync snapshot new resync snapshot bookmark');
  expect(it.asked.slice(0, 3)).toEqual(Array(3).fill('?proto=udp&initial=true'));
  expect(it.asked[3]).toBe('?proto=udp&since=e-8&initial=true');
});

test('a gap is passed to the caller', async () => {
  const gap = record('gap', 3, { where: 'kernel', count: null });
  expect((await heard(scripted([[fresh(1), gap, fresh(4)]]))).records[1]).toEqual(gap);
});

test('an error line ends the connection or the watch', async () => {
  const line = (status: number, code: string): object => ({ type: 'error', status, code, detail: 'no' });
  const it = scripted([[fresh(1), line(503, 'source-unusable')], [line(403, 'scope-missing')]]);
  expect((await heard(it)).error).toMatchObject({ status: 403 });
  expect(it.asked).toHaveLength(2);
});

test('a server that sends nothing is disconnected', async () => {
  const it = scripted(['silent', [fresh(1)]], { idle: 30 });
  const { records } = await heard(it);
  expect(records).toHaveLength(1);
});

test('a signal ends a watch with its reason, in a connection and in a wait', async () => {
  const reason = new Error('enough');
  for (const turn of ['silent', 'refused'] as const) {
    const { sleep: _, ...retry } = scripted([]).options.retry!;
    const ending = new AbortController();
    const it = scripted([turn], { signal: ending.signal });
    it.options.retry = { ...retry, base: 60_000 };
    setTimeout(() => ending.abort(reason), 20);
    expect((await heard(it)).error).toBe(reason);
  }
});

test('leaving the loop over a watch ends the connection', async () => {
  let signal: AbortSignal | undefined;
  const it = scripted([[fresh(1), fresh(2)]]);
  const client = new ConntrackClient({
    url: 'http://x',
    fetch: async (_, init) => {
      signal = init?.signal as AbortSignal;
      return new Response(
        new ReadableStream({ start: c => c.enqueue(new TextEncoder().encode(`${JSON.stringify(fresh(1))}\n`)) }),
      );
    },
  });
  for await (const _ of client.watch('', it.options)) break;
  expect(signal?.aborted).toBe(true);
});
