import type { FlowRow } from '../data/snapshot.js';
import type { Mode, TopState } from '../model/state.js';
import { cellOf } from './columns.js';
import { type Line, type Span, span } from './text.js';

/** Flows that a question lists one by one. */
const LISTED = 8;

const flowText = ({ flow }: FlowRow): string => {
  const [proto, state, source, destination, nat] = ['proto', 'state', 'source', 'destination', 'nat'].map(name =>
    cellOf(flow, name, 0),
  );
  return `${[proto, state].join(' ').trim()} ${source} → ${destination}${nat === '' ? '' : ` (${nat})`}`;
};

/** The question before a deletion. */
export function confirmPanel(state: TopState, { rows, own, typed }: Extract<Mode, { kind: 'confirm' }>): Line[] {
  const what = rows.length === 1 ? 'this flow' : `these ${rows.length} flows`;
  const room = Math.max(1, Math.min(LISTED, state.lines - 6));
  // Those that matter most are never hidden.
  const sorted =
    own === 0 ? rows : [...rows].sort((one, other) => Number(state.isOwn(other.flow)) - Number(state.isOwn(one.flow)));
  const listed = sorted.slice(0, sorted.length > room ? room - 1 : room);
  const lines: Line[] = [
    [span(` Delete ${what} of ${state.name}? `, 'bold', 'inverse')],
    ...listed.map(
      (row): Line =>
        state.isOwn(row.flow)
          ? [span(` ${flowText(row)} `), span('your own SSH connection', 'magenta', 'bold')]
          : [span(` ${flowText(row)}`)],
    ),
  ];
  if (listed.length < rows.length) lines.push([span(` … and ${rows.length - listed.length} more`)]);
  if (typed !== undefined)
    lines.push([
      span(' This ends the SSH session that you are working in. ', 'red', 'bold'),
      span('Type yes and Enter: '),
      span(typed, 'bold'),
      span(' ', 'inverse'),
      span('  Esc keeps it'),
    ]);
  else
    lines.push([
      span(' y', 'bold'),
      span(' delete  '),
      ...(own > 0 && own < rows.length ? [span('s', 'bold'), span(' all but your own connection  ')] : []),
      span('n', 'bold'),
      span(' keep'),
    ]);
  return lines;
}

/** The filter line, with what can follow and what is wrong. */
export function filterPanel(state: TopState, mode: Extract<Mode, { kind: 'filter' }>): Line[] {
  const { text, at, offer, chosen, issue } = mode;
  const offers: Span[] = offer.items.flatMap(({ text: item }, i) => [
    i === chosen ? span(item, 'inverse') : span(item, 'cyan'),
    span('  '),
  ]);
  const detail = chosen >= 0 ? offer.items[chosen]?.detail : undefined;
  const prompt = 'filter: ';
  // The text cursor stays visible in a line that is too long.
  const hidden = Math.max(0, prompt.length + at + 2 - state.columns);
  return [
    [span(' '), ...offersFrom(offers, chosen, state.columns - 2)],
    issue !== undefined && text !== ''
      ? [span(` ${issue}`, 'yellow')]
      : [span(` ${detail ?? 'Tab completes, Enter applies, Esc cancels'}`, 'dim')],
    [span(prompt, 'bold'), span(text.slice(hidden, at)), span(text[at] ?? ' ', 'inverse'), span(text.slice(at + 1))],
  ];
}

/** The offers from the chosen one on, if it would not be visible otherwise. */
function offersFrom(offers: readonly Span[], chosen: number, width: number): readonly Span[] {
  if (chosen < 0) return offers;
  let from = 0;
  const end = (): number => offers.slice(from, chosen * 2 + 1).reduce((sum, { text }) => sum + text.length, 0);
  while (end() > width && from < chosen * 2) from += 2;
  return offers.slice(from);
}
