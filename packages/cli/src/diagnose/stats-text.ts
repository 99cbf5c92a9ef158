import { COUNTER_NAMES } from '@conntrack/flow/table';
import type { TableStats } from '@conntrack/table';
import { grouped } from '../terminal/grouped.js';
import type { Terminal } from '../terminal/terminal.js';
import { COUNTERS, type Counter } from './counters.js';

/** Statistics, and when they were read. */
export interface Look {
  readonly stats: TableStats;
  /** Milliseconds of a clock that does not jump. */
  readonly at: number;
}

/** What a row of the table says about a counter. */
interface Row {
  readonly counter: Counter;
  readonly total: number;
  /** Cells of numbers: the total, the rate, and one for each CPU. */
  readonly cells: readonly string[];
}

/** Smallest room for the meaning of a counter; without it, the columns of the CPUs are left out. */
const MEANING = 28;
const GAP = 2;

/** The change of a number in a second. */
function rate(now: number | undefined, before: number | undefined, seconds: number): string {
  if (now === undefined || before === undefined || seconds <= 0) return '-';
  const each = (now - before) / seconds;
  return each === 0 || each >= 10 ? grouped(Math.round(each)) : each.toFixed(1);
}

/** How full the table is: `1,203 of 262,144 entries (0.5 %)`. */
export function fillText({ count, max, fill }: TableStats): string {
  const limit = max === undefined || max === 0 ? '' : ` of ${grouped(max)}`;
  const tenths = Math.round((fill ?? 0) * 1000);
  const share = fill === undefined ? '' : ` (${tenths === 0 && count > 0 ? '< 0.1' : tenths / 10} %)`;
  return `${grouped(count)}${limit} ${count === 1 && limit === '' ? 'entry' : 'entries'}${share}`;
}

/**
 * The counters as a table: one row for each that the kernel sends, with its meaning. The columns of the CPUs are shown
 * if they fit.
 *
 * @param before an earlier look, for a column with the change per second
 */
export function statsText({ stats, at }: Look, before: Look | undefined, terminal: Terminal): string {
  const { colors, columns: width = Number.POSITIVE_INFINITY } = terminal;
  const seconds = before === undefined ? 0 : (at - before.at) / 1000;
  const rows = COUNTERS.flatMap((counter): Row[] => {
    const { member } = counter;
    const total = stats.total[member];
    if (total === undefined) return [];
    const speed = before === undefined ? [] : [rate(total, before.stats.total[member], seconds)];
    const each = stats.cpus.map(cpu => (cpu[member] === undefined ? '-' : grouped(cpu[member])));
    return [{ counter, total, cells: [grouped(total), ...speed, ...each] }];
  });
  const heads = ['TOTAL', ...(before === undefined ? [] : ['PER S']), ...stats.cpus.map(({ cpu }) => `CPU${cpu}`)];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map(({ cells }) => cells[i]!.length)));
  const name = Math.max(...COUNTERS.map(({ member }) => COUNTER_NAMES[member].length)) + GAP;
  const fixed = before === undefined ? 1 : 2;
  const all = widths.reduce((sum, each) => sum + each + GAP, name);
  const shown = all + MEANING <= width ? heads.length : fixed;
  const line = (first: string, cells: readonly string[], meaning: string): string => {
    const start =
      first.padEnd(name) +
      cells
        .slice(0, shown)
        .map((cell, i) => `${cell.padStart(widths[i]!)}  `)
        .join('');
    return (start + meaning.slice(0, Math.max(0, width - start.length))).trimEnd();
  };
  const paint = ({ counter, total }: Row, text: string): string => {
    if (counter.loss && total > 0) return colors.bold(colors.red(text));
    return total === 0 ? colors.dim(text) : text;
  };
  const text = rows.map(row => {
    const mark = row.counter.loss && row.total > 0 ? '! ' : '';
    return paint(row, line(COUNTER_NAMES[row.counter.member], row.cells, mark + row.counter.meaning));
  });
  return [colors.bold(line('COUNTER', heads, 'MEANING')), ...text, ''].join('\n');
}

/** What the marks mean, if there are any. */
export const marksText = ({ total }: TableStats): string =>
  COUNTERS.some(({ member, loss }) => loss && (total[member] ?? 0) > 0)
    ? '!  traffic was lost since boot. What to do about it: ctctl doctor\n'
    : '';
