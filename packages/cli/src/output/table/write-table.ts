import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import type { MatchingRows, RowCursor } from '@conntrack/table';
import type { Context } from '../../process/context.js';
import type { Terminal } from '../../terminal/terminal.js';
import { writeRows } from '../write-flows.js';
import { layoutOf, type ShownColumn } from './layout.js';
import { lineOf } from './line.js';
import { painter } from './paint.js';
import { type PlainRows, rowsByCells, type TableShape } from './shape.js';

/** The widths of the columns are those of this many rows. Longer cells in later rows are shown whole. */
const SAMPLE = 1000;

/** How a table is shown. */
export interface TableStyle {
  readonly shape: TableShape;
  readonly terminal: Terminal;
  /** Whether the lines may be longer than the terminal is wide. */
  readonly wide: boolean;
}

/** Rows of flows that are objects already. */
export async function* rowsOf(batches: AsyncIterable<readonly Flow[]>): AsyncGenerator<MatchingRows> {
  for await (const flows of batches) {
    const cursor = new FlowObjectCursor();
    let at = 0;
    yield {
      cursor: cursor as unknown as RowCursor,
      next: () => at < flows.length && cursor.move(flows[at++]!) === cursor,
    };
  }
}

const isPlain = ({ colors, isTerminal }: Terminal): boolean => !isTerminal && !colors.isColorSupported;

/** Writes rows as a table while they arrive. Returns their number. */
export async function writeTable(
  context: Context,
  style: TableStyle,
  batches: AsyncIterable<MatchingRows>,
): Promise<number> {
  const { shape } = style;
  const sample: string[][] = [];
  const iterator = batches[Symbol.asyncIterator]();
  let rows: MatchingRows | undefined;
  try {
    while (sample.length < SAMPLE) {
      if (rows === undefined) {
        const { done, value } = await iterator.next();
        if (done) break;
        rows = value as MatchingRows;
      }
      if (rows.next()) sample.push(shape.cells(rows.cursor));
      else rows = undefined;
    }
    const complete = sample.length < SAMPLE;
    const layout = layoutOf(shape.columns, sample, {
      optional: shape.optional,
      width: style.wide ? undefined : style.terminal.columns,
      complete,
    });
    if (sample.length > 0) await context.output.write(tableText(style, layout, sample));
    if (complete) return sample.length;
    const { row, line } = plainRows(style, layout);
    const cursor = new FlowObjectCursor();
    const format = { ...NOTHING, row, line: (flow: Flow) => line(cursor.move(flow)) };
    return sample.length + (await writeRows(context, format, rest(rows, iterator)));
  } finally {
    await iterator.return?.();
  }
}

/** The texts that a table does not have around its rows. */
const NOTHING = { type: '', head: '', separator: '', tail: '', empty: '', losses: () => undefined };

/** The rows after the sample. */
async function* rest(
  first: MatchingRows | undefined,
  iterator: AsyncIterator<MatchingRows>,
): AsyncGenerator<MatchingRows> {
  if (first !== undefined) yield first;
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return;
    yield value;
  }
}

function plainRows(style: TableStyle, layout: readonly ShownColumn[]): PlainRows {
  const { shape, terminal } = style;
  if (isPlain(terminal)) return shape.plain?.(layout) ?? rowsByCells(shape, layout);
  return rowsByCells(shape, layout, painter(terminal));
}

/** The whole text of a table of a few flows. */
export function tableOf(style: TableStyle, flows: readonly Flow[]): string {
  const { shape, terminal, wide } = style;
  const cursor = new FlowObjectCursor();
  const rows = flows.map(flow => shape.cells(cursor.move(flow)));
  return tableText(
    style,
    layoutOf(shape.columns, rows, {
      optional: shape.optional,
      width: wide ? undefined : terminal.columns,
      complete: true,
    }),
    rows,
  );
}

/** The text of a table: its header and these rows. */
function tableText(
  { shape: { columns }, terminal }: TableStyle,
  layout: readonly ShownColumn[],
  rows: readonly (readonly string[])[],
): string {
  const { colors } = terminal;
  const head = lineOf(
    columns,
    layout,
    columns.map(({ name }) => name.toUpperCase()),
    text => colors.bold(text),
  );
  const paint = painter(terminal);
  return head + rows.map(cells => lineOf(columns, layout, cells, paint)).join('');
}
