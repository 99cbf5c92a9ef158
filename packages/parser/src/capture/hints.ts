import type { Fault } from '../core/error.js';
import { detectFormat } from '../detect/detect-format.js';
import { entryWithin } from './tidy-line.js';

/** Texts of conntrack(8) and the kernel that contain no entries. */
const OTHERS: Readonly<Record<string, string>> = {
  expectations: 'These are expectations, not entries',
  proc_expectations: 'These are expectations, not entries',
  stats: 'These are the counters of conntrack -S, which contain no entries',
  proc_stats: 'These are the counters of /proc/net/stat/nf_conntrack, which contain no entries',
  count: 'This is the number that conntrack -C prints, not a list of entries',
};

/** Says what can be done about a bad line: what the line is, or what precedes its entry. */
export function captureHint(line: string, fault: Fault): string | undefined {
  const at = entryWithin(line);
  if (at > 0 && fault.code !== 'TUPLE_EXPECTED')
    return `An entry seems to begin at column ${at + 1}. To remove the text in front of it from every line: cut -c${at + 1}- FILE`;
  if (fault.code !== 'FORMAT_UNKNOWN') return undefined;
  const format = detectFormat(line)?.format;
  return format && OTHERS[format];
}
