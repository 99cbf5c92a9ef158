import { parseNanoseconds } from '../text/time.js';

/** A span of time that a question about the past is about. Flows that existed at any moment of it are part of the answer. */
export interface TimeRange {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** A span of time in which flows may be missing from an answer about the past. */
export interface HistoryGap extends TimeRange {
  /** Why, as a stable word: `kernel`, `stopped`, `killed`, `disk`, `overload`, `clock`. */
  readonly cause: string;
  /** What happened, in one sentence. */
  readonly reason: string;
  /** The rows that may be missing: `ends` or `starts`. Default: rows of every kind. */
  readonly of?: 'ends' | 'starts';
  /** How many rows are missing, if that is known. */
  readonly rows?: number;
}

/** What an answer about the past leaves open. */
export interface Certainty {
  /** Times in which flows may be missing, oldest first. */
  readonly gaps: readonly HistoryGap[];
  /** Files that could not be read. The rest answered. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/** The times of a question, as people write them. One of `at`, `since` and `from` is required. */
export interface HistoryTimes {
  /** One moment: `14:03`, `2026-11-30T14:03`, RFC 3339. */
  readonly at?: string;
  /** How long before and after `at`: `5m`. Default: 1m. */
  readonly window?: string;
  /** How long ago the span began: `2h`. It ends now. */
  readonly since?: string;
  readonly from?: string;
  /** Default: now. */
  readonly to?: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationOf(name: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (number === undefined)
    throw new RangeError(`${name}: must be a duration such as 30s, 5m, 2h or 7d, got '${text}'`);
  return Number(number) * UNITS[unit!]!;
}

/** Reads a moment. Times without a zone are those of this process, if `local`; a time without a day is the last one that has passed. */
function momentOf(name: string, text: string, now: number, local: boolean): number {
  const exact = parseNanoseconds(text);
  if (exact !== undefined) return Number(exact / 1000n) / 1000;
  if (local) {
    const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text);
    if (clock !== null && Number(clock[1]) < 24 && Number(clock[2]) < 60 && Number(clock[3] ?? 0) < 60) {
      const day = new Date(now);
      day.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
      if (day.getTime() > now) day.setDate(day.getDate() - 1);
      return day.getTime();
    }
    if (/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?$/.test(text)) {
      const time = new Date(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T')).getTime();
      if (!Number.isNaN(time)) return time;
    }
  }
  const examples = local ? '14:03, 2026-11-30, 2026-11-30T14:03 or 2026-11-30T14:03:00Z' : '2026-11-30T14:03:00Z';
  throw new RangeError(`${name}: must be a time such as ${examples}, got '${text}'`);
}

/**
 * Reads the times of a question.
 *
 * @param local whether times without a zone are allowed: they are those of this process
 *
 * @throws RangeError that names the wrong time
 */
export function historyRange(times: HistoryTimes, now: number, local = false): TimeRange {
  const { at, window, since, from, to } = times;
  if ([at, since, from].filter(time => time !== undefined).length !== 1)
    throw new RangeError('give one of at, since and from: the time that the question is about');
  if (window !== undefined && at === undefined) throw new RangeError('window: applies to at only');
  if (to !== undefined && from === undefined) throw new RangeError('to: applies to from only');
  if (at !== undefined) {
    const middle = momentOf('at', at, now, local);
    const half = durationOf('window', window ?? '1m');
    return { from: middle - half, to: middle + half };
  }
  if (since !== undefined) return { from: now - durationOf('since', since), to: now };
  const range = {
    from: momentOf('from', from!, now, local),
    to: to === undefined ? now : momentOf('to', to, now, local),
  };
  if (range.from > range.to) throw new RangeError(`from: must not be after to, got '${from}'`);
  return range;
}
