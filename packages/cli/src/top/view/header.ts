import type { Gauge } from '../data/gauge.js';
import { VIEWS } from '../model/browse.js';
import { isStale, type TopState } from '../model/state.js';
import { fit, type Line, lengthOf, type Span, type Style, span } from './text.js';
import { count, short } from './units.js';

/** The time that the screen shows. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly unix: number;
  /** The time of day. */
  readonly clock: string;
}

/** Shares of the limit from which the table is shown as filling up, and as nearly full. */
const FILLING = 0.7;
const NEARLY_FULL = 0.9;
const BAR = 12;

/** A line with a right side. It gives up its left side first if both do not fit. */
export function sides(left: Line, right: Line, width: number): Line {
  const room = width - lengthOf(right);
  return room < 8 ? fit(left, width) : fit([...fit(left, room - 1), span(' '), ...right], width);
}

/** Program, table and time. */
export function titleLine({ name, paused, actual, interval, columns }: TopState, { clock }: Moment): Line {
  const right = paused
    ? [span(' PAUSED ', 'inverse', 'yellow')]
    : [span(`every ${seconds(Math.max(actual, interval))}`, 'dim')];
  return sides([span('ctctl top', 'bold'), span(` ${name}`)], [...right, span(` ${clock}`)], columns);
}

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 100) / 10} s`;

/** How full the table is, and how that changes. */
export function gaugeLine({ gauge, columns }: TopState): Line {
  if (gauge === undefined) return fit([span('entries …')], columns);
  const { count: entries, max, fresh, ended, atLeast } = gauge;
  const rate = (value: number | undefined): string =>
    value === undefined ? 'unknown' : `${atLeast ? '≥' : ''}${value < 1000 ? short(value) : count(value)}/s`;
  const line: Span[] = [span('entries '), span(entries === undefined ? 'unknown' : count(entries), 'bold')];
  if (entries !== undefined && max !== undefined) {
    const fill = Math.min(1, entries / max);
    const color: Style = fill >= NEARLY_FULL ? 'red' : fill >= FILLING ? 'yellow' : 'green';
    const full = Math.round(fill * BAR);
    line.push(span(` of ${count(max)} `));
    if (columns >= 76) line.push(span('█'.repeat(full), color), span('░'.repeat(BAR - full), 'dim'), span(' '));
    line.push(span(percent(fill), color));
  }
  line.push(span(`  new ${rate(fresh)}  ended ${rate(ended)}`));
  return fit(line, columns);
}

/** A share in per cent. A table that is not full is not called 100 %. */
function percent(share: number): string {
  if (share >= 1) return '100%';
  return share > 0 && share < 0.01 ? '<1%' : `${Math.floor(share * 100)}%`;
}

/** The views with their keys. */
export function viewsLine({ group, columns }: TopState): Line {
  const views = VIEWS.map((view, i) => ({ text: `${i + 1} ${view ?? 'flows'}`, chosen: view === group }));
  return fit(
    views.flatMap(({ text, chosen }) => [chosen ? span(` ${text} `, 'inverse') : span(` ${text} `)]),
    columns,
  );
}

/** The filter, and what it finds. */
export function statusLine(state: TopState): Line {
  const { applied, snapshot, marks, deletion, columns } = state;
  const right: Span[] = [];
  if (deletion !== undefined) right.push(span(`deleting ${deletion.done} of ${deletion.total}… `, 'yellow'));
  else if (snapshot === undefined || isStale(state)) right.push(span('reading… ', 'yellow'));
  if (marks.size > 0) right.push(span(`${count(marks.size)} marked `, 'bold'));
  if (snapshot !== undefined) {
    const { matched, groups } = snapshot;
    const flows = `${count(matched)} ${matched === 1 ? 'flow' : 'flows'}`;
    right.push(
      span(groups === undefined ? flows : `${count(groups)} ${groups === 1 ? 'group' : 'groups'} of ${flows}`),
    );
  }
  const filter =
    applied.text === '' ? [span('no filter', 'dim')] : [span('filter ', 'dim'), span(applied.text, 'cyan')];
  return sides(filter, right, columns);
}

const lossText = ({ losses }: Gauge): string => losses.map(({ what, rate }) => `${what} ${short(rate)}/s`).join(', ');

/** What must be known to read the rows rightly: the most important first. */
export function noteLines({ failure, gauge, accounting, snapshot, columns }: TopState): Line[] {
  const notes: Line[] = [];
  if (failure !== undefined) notes.push([span(failure, 'red', 'bold')]);
  if (gauge !== undefined && gauge.losses.length > 0)
    notes.push([span(`the tracker loses packets or flows: ${lossText(gauge)}`, 'red', 'bold')]);
  if (accounting === false)
    notes.push([
      span('accounting is off; ', 'yellow'),
      span('sysctl -w net.netfilter.nf_conntrack_acct=1', 'bold'),
      span(' counts new flows', 'yellow'),
    ]);
  if (snapshot?.limits !== undefined) notes.push([span(snapshot.limits, 'yellow')]);
  return notes.map(note => fit(note, columns));
}
