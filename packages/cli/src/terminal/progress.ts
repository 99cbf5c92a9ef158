import type { Io } from '../process/io.js';
import { grouped } from './grouped.js';
import { isStderrTerminal } from './streams.js';

/** Milliseconds between two lines. */
const INTERVAL = 200;
/** Milliseconds before the first line: a quick operation needs no progress. */
const PATIENCE = 500;

/** How far a long operation is. */
export interface Progress {
  /** Removes the line. */
  end(): void;
}

/** What is counted, and its text: `1,200 of 5,000 entries`, `3.1 of 9.8 MB`. */
export interface Measure {
  /** The amount so far. */
  done(): number;
  /** The amount at the end, if it is known. */
  readonly total?: number | undefined;
  /** What is counted. Default: entries. */
  readonly unit?: 'entries' | 'bytes';
  /** What is done, as one word: `deleting`. */
  readonly verb: string;
}

const whole = (value: number): string => grouped(Math.round(value));
const megabytes = (value: number): string => (value / 1e6).toFixed(1);

const clock = (seconds: number): string => {
  const left = Math.ceil(seconds);
  return left < 60 ? `${left} s` : `${Math.floor(left / 60)} min ${left % 60} s`;
};

/** The line of an operation that has been running for some seconds. */
export function progressLine({ done, total, unit = 'entries', verb }: Measure, seconds: number): string {
  const now = done();
  const rate = now / seconds;
  const [text, name] = unit === 'bytes' ? [megabytes, 'MB'] : [whole, 'entries'];
  const amount = total === undefined ? `${text(now)} ${name}` : `${text(now)} of ${text(total)} ${name}`;
  const share = total === undefined || total === 0 ? '' : ` (${Math.min(100, Math.floor((now / total) * 100))} %)`;
  const speed = now === 0 ? '' : `, ${text(rate)} ${unit === 'bytes' ? 'MB' : 'entries'}/s`;
  const left = total === undefined || now === 0 || now > total ? '' : `, ${clock((total - now) / rate)} left`;
  return `${verb}: ${amount}${share}${speed}${left}`;
}

/**
 * Shows how far a long operation is: on a terminal one line on standard error, which is rewritten and removed at the
 * end. Elsewhere nothing.
 */
export function showProgress(io: Io, measure: Measure): Progress {
  if (!isStderrTerminal(io)) return { end: () => {} };
  const stream = io.stderr as Io['stderr'] & { columns?: number };
  const started = performance.now();
  let shown = false;
  const timer = setInterval(() => {
    const elapsed = performance.now() - started;
    if (elapsed < PATIENCE) return;
    const line = progressLine(measure, elapsed / 1000);
    stream.write(`\r${line.slice(0, (stream.columns ?? 80) - 1)}\u001b[K`);
    shown = true;
  }, INTERVAL);
  return {
    end: () => {
      clearInterval(timer);
      if (shown) stream.write('\r\u001b[K');
      shown = false;
    },
  };
}
