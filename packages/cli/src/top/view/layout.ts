import type { TopState } from '../model/state.js';
import { detailLines } from './details.js';
import { gaugeLine, type Moment, noteLines, statusLine, titleLine, viewsLine } from './header.js';
import { helpLines } from './help.js';
import { confirmPanel, filterPanel } from './panels.js';
import { sheetOf } from './table.js';
import { fit, type Line, span } from './text.js';

/** Heights from which the screen has all parts, and more than one line of header. */
const TALL = 12;
const LOW = 8;

/** A screen, and what scrolling made of the first row. */
export interface Screen {
  readonly lines: readonly Line[];
  readonly offset: number;
  /** The first visible line of a text: of the help, or of the fields of a flow. */
  readonly textOffset?: number;
}

/** Lays the state out on the lines of the terminal. */
export function layout(state: TopState, moment: Moment): Screen {
  const { mode, columns, lines: height } = state;
  const footer = footerOf(state).slice(-height);
  const header = headerOf(state, moment).slice(0, Math.max(0, height - footer.length));
  const room = Math.max(0, height - footer.length - header.length);
  if (mode.kind === 'help' || mode.kind === 'details') {
    const text = mode.kind === 'help' ? helpLines(state) : detailLines(mode.row);
    const from = Math.max(0, Math.min(mode.offset, text.length - (room + header.length)));
    const body = text.slice(from, from + room + header.length);
    return {
      lines: filled([...body, ...empty(room + header.length - body.length), ...footer], columns),
      offset: state.offset,
      textOffset: from,
    };
  }
  const { titles, row } = sheetOf(state, moment);
  const count = state.snapshot?.rows.length ?? 0;
  const visible = Math.max(0, room - 1);
  const offset = scrolled(state, visible, count);
  const body: Line[] = room > 0 ? [titles] : [];
  for (let i = offset; i < Math.min(count, offset + visible); i++) body.push(row(i));
  if (count === 0 && visible > 0) body.push(emptyLine(state));
  return { lines: filled([...header, ...body, ...empty(room - body.length), ...footer], columns), offset };
}

const empty = (count: number): Line[] => Array.from({ length: Math.max(0, count) }, () => []);
const filled = (lines: readonly Line[], columns: number): Line[] => lines.map(line => fit(line, columns));

function headerOf(state: TopState, moment: Moment): Line[] {
  const notes = noteLines(state);
  const { lines } = state;
  if (lines >= TALL)
    return [titleLine(state, moment), gaugeLine(state), viewsLine(state), statusLine(state), ...notes.slice(0, 2)];
  return lines >= LOW ? [gaugeLine(state), statusLine(state), ...notes.slice(0, 1)] : [notes[0] ?? gaugeLine(state)];
}

function footerOf(state: TopState): readonly Line[] {
  const { mode, message, columns, lines } = state;
  if (mode.kind === 'filter') return filterPanel(state, mode).slice(lines >= LOW ? 0 : -1);
  if (mode.kind === 'confirm') return confirmPanel(state, mode).slice(-Math.max(2, lines - 1));
  if (message !== undefined) return [[span(` ${message.text}`, ...(message.bad ? (['yellow'] as const) : []))]];
  if (mode.kind === 'help')
    return [
      hints(columns, [
        ['↑ ↓', 'scroll'],
        ['any other key', 'back'],
      ]),
    ];
  if (mode.kind === 'details')
    return [
      hints(columns, [
        ['↑ ↓', 'scroll'],
        ['d', 'delete'],
        ['any other key', 'back'],
      ]),
    ];
  return [
    hints(columns, [
      ['?', 'help'],
      ['q', 'quit'],
      ['/', 'filter'],
      ['1-7', 'views'],
      ['← →', 'order'],
      ['Enter', 'open'],
      ['Space', 'mark'],
      ['d', 'delete'],
      ['p', 'pause'],
    ]),
  ];
}

/** The keys that fit, the most important first. */
function hints(columns: number, keys: readonly (readonly [key: string, what: string])[]): Line {
  const line = [];
  let left = columns - 1;
  for (const [key, what] of keys) {
    left -= key.length + what.length + 3;
    if (left < 0) break;
    line.push(span(` ${key}`, 'bold'), span(` ${what} `, 'dim'));
  }
  return line;
}

function emptyLine({ snapshot, applied, gauge }: TopState): Line {
  if (snapshot === undefined) return [];
  if (applied.text !== '') return [span('  no flow matches the filter', 'dim')];
  return [
    span(
      gauge?.count === 0 ? '  the table is empty: ctctl doctor says whether flows are tracked' : '  no flows',
      'dim',
    ),
  ];
}

/** The first visible row: the cursor stays visible, and nothing else moves. */
function scrolled({ offset, cursor, place }: TopState, visible: number, count: number): number {
  const most = Math.max(0, count - visible);
  if (cursor === undefined) return 0;
  if (place < offset) return Math.min(place, most);
  return Math.min(Math.max(offset, place - visible + 1), most);
}
