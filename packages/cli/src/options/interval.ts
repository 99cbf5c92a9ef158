import { UsageError } from '../process/usage-error.js';
import { integer } from './values/numbers.js';

/** Seconds between two looks at the table. */
const INTERVAL = 2;

/** The seconds of `--watch[=S]`. @throws UsageError */
export function intervalOf(watch: string | boolean): number {
  const seconds = watch === true ? INTERVAL : integer(String(watch), '--watch');
  if (seconds === 0) throw new UsageError('--watch: must be at least 1 second');
  return seconds;
}
