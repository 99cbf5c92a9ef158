import type { IndexState } from '@conntrack/flow/table';
import { type Result, sysctl } from '../check.js';

const KERNEL_ANSWERS = 'the kernel answers every question, and walks its whole table for each';

/** What the state of the table's index means. */
export function checkIndex({ state, reason, entries, bytes, gaps, drift, uncertain }: IndexState): Result {
  const numbers = { entries, bytes, gaps, drift, uncertain };
  if (state === 'off')
    return {
      status: 'warn',
      found: `the index is off: ${reason ?? 'unknown reason'}`,
      effect: KERNEL_ANSWERS,
      fix: 'remove the reason, and open the table again (restart the server)',
      numbers,
    };
  const found = `the index is ${state}: ${entries} entries in ${Math.ceil(bytes / 1e6)} MB, ${gaps} gaps, drift ${drift}`;
  if (drift > 0)
    return {
      status: 'warn',
      found,
      effect: `${drift} entries of the index were wrong until a dump corrected them. Answers may have been wrong`,
      fix: 'ask with fresh=true, or open the table without an index. Please report this as a fault',
      numbers,
    };
  if (state !== 'live')
    return { status: 'note', found, effect: KERNEL_ANSWERS, fix: 'none: the index becomes live by itself', numbers };
  if (uncertain > 0)
    return {
      status: 'note',
      found: `${found}. ${uncertain} entries are older than the index and may end without an event`,
      effect: 'they are looked up every 10 seconds, so their changes and ends are noticed late',
      fix: sysctl('nf_conntrack_events', 1),
      numbers,
    };
  return { status: 'ok', found, numbers };
}
