import type { FlowRow, GroupRow } from '../data/snapshot.js';
import { isStale, questionOf, type TopState } from '../model/state.js';
import { cell, FLOW_COLUMNS, FLOW_ORDER, GROUP_COLUMNS, type Placed, place } from './columns.js';
import type { Moment } from './header.js';
import { fit, type Line, type Span, type Style, span } from './text.js';

/** The columns of the terminal before the first column: the mark of a row. */
const GUTTER = 2;

/** The titles of the columns, and how rows are written below them. */
export interface Sheet {
  readonly titles: Line;
  row(index: number): Line;
}

/** The group as text. The addresses of a pair are separated by a space. */
const groupText = ({ text }: GroupRow): string => text.replace(/^([\d.:a-f]+) ([\d.:a-f]+)$/, '$1 → $2');

/** Lays out the rows that the last refresh found. */
export function sheetOf(state: TopState, moment: Moment): Sheet {
  const question = state.snapshot?.question ?? questionOf(state);
  return question.group === undefined
    ? sheet(state, place(FLOW_COLUMNS, FLOW_ORDER, question.sort, state.columns - GUTTER), moment)
    : sheet(
        state,
        place(
          GROUP_COLUMNS.map((column, i) =>
            i === 0
              ? {
                  ...column,
                  title: question.group!.toUpperCase(),
                  text: groupText,
                  ...(question.group === 'pair' && { extra: 80 }),
                }
              : column,
          ),
          [question.group.toUpperCase(), ...GROUP_COLUMNS.slice(1).map(({ title }) => title)],
          question.sort,
          state.columns - GUTTER,
        ),
        moment,
      );
}

function sheet<Row extends FlowRow | GroupRow>(
  state: TopState,
  placed: readonly Placed<Row>[],
  { unix }: Moment,
): Sheet {
  const question = state.snapshot?.question ?? questionOf(state);
  const isOld = isStale(state);
  const rows = (state.snapshot?.rows ?? []) as readonly Row[];
  return {
    titles: fit(
      [
        span(' '.repeat(GUTTER), 'inverse'),
        ...placed.flatMap(({ column, width }, i) => {
          const isSorted = column.sort === question.sort;
          const title = isSorted ? `${column.title}${question.reversed ? '▲' : '▼'}` : column.title;
          // A title that is sorted by may take the space before it.
          const text = column.left
            ? `${i > 0 ? ' ' : ''}${title.padEnd(width).slice(0, width)}`
            : title.slice(0, width + 1).padStart(width + 1);
          return [span(text, ...(isSorted ? (['inverse', 'bold'] as const) : (['inverse'] as const)))];
        }),
      ],
      state.columns,
      'inverse',
    ),
    row: index => (isOld ? dimmed : same)(rowLine(state, placed, rows[index]!, unix)),
  };
}

const same = (line: Line): Line => line;
/** Rows in an order, or of a view, that is no longer asked for. */
const dimmed = (line: Line): Line => line.map(({ text }) => span(text, 'dim'));

function rowLine<Row extends FlowRow | GroupRow>(
  state: TopState,
  placed: readonly Placed<Row>[],
  row: Row,
  unix: number,
): Line {
  const isChosen = state.cursor === row.key;
  const isMarked = state.marks.has(row.key);
  const isOwn = row.kind === 'flow' && state.isOwn(row.flow);
  const all: Style[] = isChosen ? ['inverse'] : isMarked ? ['bold'] : [];
  const gutter = `${isMarked ? '●' : ' '}${isOwn ? '@' : ' '}`;
  const parts: Span[] = [span(gutter, ...all, ...(isOwn ? (['magenta'] as const) : []))];
  for (const [i, each] of placed.entries()) {
    if (i > 0) parts.push(span(' ', ...all));
    const styles = isChosen ? [] : (each.column.styles?.(row) ?? []);
    parts.push(span(cell(each, row, unix), ...all, ...styles));
  }
  return fit(parts, state.columns, ...all);
}
