import type { Diagnosis, Finding } from '@conntrack/table';
import { quoted } from '../process/quoted.js';
import { grouped } from '../terminal/grouped.js';
import type { Terminal } from '../terminal/terminal.js';
import { wrapped } from '../terminal/wrap.js';

type Status = Finding['status'];

/** How each status is shown, the most serious first. */
const STATUSES: Readonly<Record<Status, { readonly title: string; readonly one: string; readonly many: string }>> = {
  loss: { title: 'LOSS', one: 'problem that loses traffic', many: 'problems that lose traffic' },
  warn: { title: 'WARNING', one: 'warning', many: 'warnings' },
  note: { title: 'NOTE', one: 'note', many: 'notes' },
  unknown: { title: 'UNKNOWN', one: 'check not made', many: 'checks not made' },
  ok: { title: 'OK', one: 'check passed', many: 'checks passed' },
};
const ORDER = Object.keys(STATUSES) as Status[];

/** Width of the column with the status. */
const MARGIN = 10;
const INDENT = ' '.repeat(MARGIN);

function painted({ colors }: Terminal, status: Status, text: string): string {
  switch (status) {
    case 'loss':
      return colors.bold(colors.red(text));
    case 'warn':
      return colors.yellow(text);
    case 'ok':
      return colors.green(text);
    default:
      return colors.cyan(text);
  }
}

/** One finding: what was found, what follows from it, what to do, and the entries that it is about. */
function findingText({ check, status, found, effect, fix, groups = [] }: Finding, terminal: Terminal): string {
  const { colors, columns } = terminal;
  const title = STATUSES[status].title.padEnd(MARGIN);
  const line = (label: string, text: string): string =>
    `${INDENT}${colors.dim(label.padEnd(8))}${wrapped(text, columns, `${INDENT}        `)}\n`;
  const widest = Math.max(...groups.map(({ filter }) => filter.length));
  return [
    `${painted(terminal, status, title)}${colors.bold(check)}: ${wrapped(found, columns && columns - check.length - 2, INDENT)}\n`,
    effect === undefined ? '' : line('effect', effect),
    fix === undefined ? '' : line('fix', fix),
    ...(status === 'ok' ? [] : groups).map(({ filter, entries }) =>
      line('', `${quoted(filter).padEnd(widest + 2)}  ${grouped(entries)} ${entries === 1 ? 'entry' : 'entries'}`),
    ),
  ].join('');
}

/** The report of `doctor` as text: the most serious findings first. Passed checks are only named, unless `all` is given. */
export function findingsText({ findings }: Diagnosis, terminal: Terminal, { all = false } = {}): string {
  const sorted = [...findings].sort((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status));
  const shown = sorted.filter(({ status }) => all || status !== 'ok');
  const passed = sorted.filter(({ status }) => status === 'ok').map(({ check }) => check);
  const names = `${painted(terminal, 'ok', STATUSES.ok.title.padEnd(MARGIN))}${wrapped(passed.join(', '), terminal.columns, INDENT)}\n`;
  const counts = ORDER.flatMap(status => {
    const many = findings.filter(finding => finding.status === status).length;
    return many === 0 ? [] : [`${many} ${many === 1 ? STATUSES[status].one : STATUSES[status].many}`];
  });
  return [
    ...shown.map(finding => findingText(finding, terminal)),
    ...(all || passed.length === 0 ? [] : [names]),
    `${counts.join(', ')}\n`,
  ].join('\n');
}
