import { describe, expect, it } from 'vitest';
import {
  formatCtime,
  formatWhen,
  nanosecondsText,
  parseCtime,
  rfc3339,
  timeIn,
  timeOfWhen,
} from '../../src/core/local-time.js';

const elements = (text: string): { name: string; text: string }[] =>
  [...text.matchAll(/<(\w+)>(\d+)<\/\1>/g)].map(([, name, value]) => ({ name: name!, text: value! }));

describe('a local time', () => {
  const TIME = Date.UTC(2026, 10, 21, 4, 7, 5);

  it.each([
    [Date.UTC(2026, 10, 1, 0, 0, 0), 'Sun Nov  1 00:00:00 2026'],
    [Date.UTC(2026, 10, 10, 10, 20, 30), 'Tue Nov 10 10:20:30 2026'],
    [Date.UTC(2026, 1, 20, 23, 59, 59), 'Fri Feb 20 23:59:59 2026'],
    [Date.UTC(1999, 11, 31, 1, 2, 3), 'Fri Dec 31 01:02:03 1999'],
  ])('the local time %i is written as %s, and read back', (time, text) => {
    expect(formatCtime(time, 0)).toBe(text);
    expect(parseCtime(text, 0)).toBe(time);
    expect(parseCtime(text, -90)).toBe(time + 90 * 60_000);
    expect(formatCtime(time + 90 * 60_000, -90)).toBe(text);
  });

  it.each([
    '',
    'Sat Nov 21 04:07:05 2026 ',
    ' Sat Nov 21 04:07:05 2026',
    'xSat Nov 21 04:07:05 2026',
    'Sat Nov 21 04:07:05 20261',
    'Sat Nov 21 04:07 2026',
    'Sat  Nov 21 04:07:05 2026',
    'Sat Nov 1 04:07:05 2026',
    'Sat Nov 21 04:07:05',
    '2026-11-21T04:07:05Z',
  ])('%j is not a local time', text => {
    expect(parseCtime('Sat Nov 21 04:07:05 2026', 0)).toBe(TIME);
    expect(parseCtime(text, 0)).toBeNaN();
  });

  it('the local time of this machine is the time on its clocks', () => {
    for (const month of [0, 6]) {
      const time = new Date(2026, month, 21, 4, 7, 5).getTime();
      expect(timeIn(Date.UTC(2026, month, 21, 4, 7, 5), 'local')).toBe(time);
      expect(parseCtime(formatCtime(time, 'local'), 'local')).toBe(time);
      expect(formatCtime(time, 'local')).toMatch(/ 04:07:05 2026$/);
    }
    expect(timeIn(Number.NaN, 'local')).toBeNaN();
  });

  it('a local time in XML has hour, day and month without leading zeros', () => {
    const text =
      '<when><hour>4</hour><min>07</min><sec>05</sec><wday>7</wday><day>21</day><month>11</month><year>2026</year></when>';
    const time = '2026-11-21T04:07:05.000000000Z';
    expect(formatWhen(time, { timeZone: 0 })).toBe(text);
    expect(formatWhen(time, { timeZone: 0, timestamp: true })).toBe(text);
    expect(formatWhen(time, { timestamp: false })).toBe('');
    expect(formatWhen(undefined, {})).toBe('');
    expect(formatWhen(new Date(2026, 10, 21, 4, 7, 5).toISOString(), {})).toBe(text);
    expect(timeOfWhen(elements(text), 0)).toBe(time);
    expect(timeOfWhen(elements(text), 60)).toBe('2026-11-21T03:07:05.000000000Z');
    for (const name of ['hour', 'min', 'sec', 'wday', 'day', 'month', 'year']) {
      expect(
        timeOfWhen(
          elements(text).filter(one => one.name !== name),
          0,
        ),
      ).toBeUndefined();
      const wrong = (value: string): string | undefined =>
        timeOfWhen(
          elements(text).map(one => (one.name === name ? { name, text: value } : one)),
          0,
        );
      expect([name, wrong('99'), wrong('')]).toEqual([name, undefined, undefined]);
    }
  });

  it('the time of an event has microseconds', () => {
    expect(rfc3339(TIME)).toBe('2026-11-21T04:07:05.000000000Z');
    expect(rfc3339(TIME, '89660')).toBe('2026-11-21T04:07:05.089660000Z');
  });

  it('nanoseconds are at most 64 bits', () => {
    expect(nanosecondsText('0')).toBe('1970-01-01T00:00:00.000000000Z');
    expect(nanosecondsText('1795234645123456789')).toBe('2026-11-21T04:17:25.123456789Z');
    expect(nanosecondsText('18446744073709551615')).toBe('2554-07-21T23:34:33.709551615Z');
    for (const none of ['18446744073709551616', ' 5', '5 ', '-5', '', 'x', '000000000000000000005', '0x5'])
      expect(nanosecondsText(none)).toBeUndefined();
  });
});
