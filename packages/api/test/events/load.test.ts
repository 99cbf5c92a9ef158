import { describe, expect, test } from 'vitest';
import { type Load, runLoad } from '../../bench/load.js';

/**
 * With this variable, the numbers of subscribers and events are those that the package promises. The test then takes
 * half a minute.
 */
const FULL = process.env.CONNTRACK_FULL_LOAD !== undefined;

const LOADS: readonly [name: string, load: Load][] = FULL
  ? [
      [
        '200 under 2,000 events a second',
        { subscribers: 200, rate: 2000, seconds: 10, long: true, limits: { ring: 4e6 } },
      ],
      ['4 under 50,000 events a second', { subscribers: 4, rate: 50_000, seconds: 5 }],
    ]
  : [
      [
        // The ring is bounded by 375 events and not by time: a machine that stops for 75 ms would lose some.
        '20 under up to 5,000 events a second',
        { subscribers: 20, rate: 5000, seconds: 2, long: true, limits: { ring: 3e5 }, lag: 100 },
      ],
    ];

describe('subscribers, one of which pauses', () => {
  test.each(LOADS)('with %s, only the subscriber that pauses gets a gap', async (_, load) => {
    const { made, others, stopped } = await runLoad(load);
    expect(others).toEqual({ missed: 0, gaps: 0, where: [], least: expect.any(Number) });
    expect(others.least).toBeGreaterThanOrEqual(made - 1);
    expect(stopped).toMatchObject({ gaps: 1, where: 'subscriber', missed: 0 });
    expect(stopped.events + stopped.lost).toBe(made);
  });
});
