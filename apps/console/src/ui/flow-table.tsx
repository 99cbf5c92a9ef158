import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { termOf, withTerm } from '../model/filter-edit.js';
import { isUnreplied, rowKey } from '../model/flow-facts.js';
import { MOST_ROWS, sortOf } from '../model/flows.js';
import { countText } from '../model/format.js';
import { heightOf, positionOf, reveal, scrollOf } from '../model/geometry.js';
import { type Cell, type Column, columnsOf, missingText } from './columns.js';
import { useTable } from './context.js';
import { Empty } from './empty.js';
import { useNarrow, useNow } from './hooks.js';

/** Height of a row in pixels, in a table and as a card. */
const ROW = 28;
const CARD = 60;
/** Rows that are rendered above and below the visible ones. */
const SPARE = 8;

/** The click on a value: a term for it, or (with Alt) for every other value. */
function useTermClick() {
  const { view, go } = useTable();
  return (event: MouseEvent): boolean => {
    const term = (event.target as Element).closest<HTMLElement>('.term');
    if (term === null) return false;
    const { field = '', value = '' } = term.dataset;
    const base = view.value.page === 'host' ? `addr=${view.value.host}` : view.value.filter;
    go({ page: 'flows', filter: withTerm(base, termOf(field, value, event.altKey)) });
    return true;
  };
}

function HeaderCell({ column }: { column: Column }) {
  const { view, adjust, capabilities, recorded } = useTable();
  const missing = column.needs !== undefined && capabilities.value !== undefined && !recorded.value[column.needs];
  const sort = sortOf(view.value, recorded.value.accounting);
  const sorted = column.sort !== undefined && sort.replace(/^-/, '') === column.sort.field;
  const down = sort.startsWith('-');
  const press = (): void => {
    const { field, descending } = column.sort!;
    const first = descending ? `-${field}` : field;
    const second = descending ? field : `-${field}`;
    adjust({ sort: sort === first ? second : sort === second ? '' : first });
  };
  return (
    <div
      role="columnheader"
      class={column.right ? 'right' : undefined}
      aria-sort={sorted ? (down ? 'descending' : 'ascending') : undefined}
      title={missing ? missingText(column.needs!, capabilities.value?.source.kind) : undefined}
    >
      {column.sort === undefined || missing || (column.sort.needs && !recorded.value[column.sort.needs]) ? (
        <span class={missing ? 'missing' : undefined}>
          {column.title}
          {missing && ' ⚠'}
        </span>
      ) : (
        <button type="button" onClick={press} tabIndex={-1}>
          {column.title}
          <span class="arrow" aria-hidden="true">
            {sorted ? (down ? '▾' : '▴') : ''}
          </span>
        </button>
      )}
    </div>
  );
}

function Row({
  cell,
  columns,
  index,
  active,
  chosen,
  top,
  template,
  card,
}: {
  cell: Cell;
  columns: readonly Column[];
  index: number;
  active: boolean;
  chosen: boolean;
  top: number;
  template: string;
  card: boolean;
}) {
  const { flow } = cell;
  const classes = ['row', active && 'active', chosen && 'chosen', isUnreplied(flow) && 'lonely']
    .filter(Boolean)
    .join(' ');
  return (
    <div
      role="row"
      id={`row-${index}`}
      class={classes}
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={chosen}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: card ? undefined : template }}
    >
      <div role="gridcell" class="check" data-check="1" aria-label={chosen ? 'selected' : 'not selected'}>
        <span aria-hidden="true">{chosen ? '☑' : '☐'}</span>
      </div>
      {columns.map(column => (
        <div key={column.id} role="gridcell" class={`cell ${column.id}${column.right ? ' right' : ''}`}>
          {column.render(cell)}
        </div>
      ))}
    </div>
  );
}

/** A row that is not there yet. */
const Waiting = ({ top }: { top: number }) => (
  <div role="row" class="row waiting" aria-busy="true" style={{ transform: `translateY(${top}px)` }}>
    <div role="gridcell">…</div>
  </div>
);

/** Columns of a card on a narrow screen. */
const CARD_COLUMNS = ['proto', 'state', 'from', 'to', 'bytes', 'left'];

/** The flows as an ARIA grid. Only the visible rows exist in the page. */
export function FlowTable() {
  const { flows, view, selected, select, open, opened, may, features, recorded, timeText } = useTable();
  const narrow = useNarrow();
  const now = useNow(1000);
  const box = useRef<HTMLDivElement>(null);
  // The pixel of the whole list that is at the top.
  const position = useSignal(0);
  const height = useSignal(600);
  const active = useSignal(0);
  const click = useTermClick();
  const ids = useComputed(() => (narrow.value ? CARD_COLUMNS : view.value.columns));
  const columns = columnsOf(ids.value, features.value, recorded.value);
  const selectable = may('flows:delete');
  const template = `${selectable ? '1.6rem ' : ''}${columns.map(({ width }) => width).join(' ')}`;
  const shown = flows.shown.value;
  const rows = flows.rows.value;
  const rowHeight = narrow.value ? CARD : ROW;

  useEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // Another filter begins at the top.
  useSignalEffect(() => {
    void view.value.filter;
    void view.value.sort;
    if (box.current !== null) box.current.scrollTop = 0;
    position.value = 0;
    active.value = 0;
  });

  const list = { rows, rowHeight, view: height.value };
  const show = (index: number): void => {
    position.value = reveal(list, position.value, index, narrow.value ? 0 : ROW);
    box.current!.scrollTop = scrollOf(list, position.value);
  };
  const move = (by: number): void => {
    active.value = Math.min(Math.max(0, active.value + by), Math.max(0, rows - 1));
    show(active.value);
    const flow = flows.row(active.value);
    if (opened.value !== undefined && flow !== undefined) open(flow);
  };
  const key = (event: KeyboardEvent): void => {
    const flow = flows.row(active.value);
    if (event.ctrlKey || event.metaKey) return;
    const page = Math.floor(height.value / rowHeight) - 1;
    const moves: Record<string, number> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: page,
      PageUp: -page,
      Home: -rows,
      End: rows,
    };
    const by = moves[event.key];
    if (by !== undefined) move(by);
    else if (event.key === 'Enter' && flow) open(opened.value === flow ? undefined : flow);
    else if ((event.key === 'x' || event.key === ' ') && flow && may('flows:delete')) {
      select(flow);
      if (event.key === 'x') move(1);
    } else return;
    event.preventDefault();
  };
  const press = (event: MouseEvent): void => {
    if (click(event)) return;
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('[data-index]');
    const flow = row && flows.row(Number(row.dataset.index));
    if (!flow) return;
    active.value = Number(row.dataset.index);
    if (target.closest('[data-check]') !== null || event.shiftKey) {
      if (may('flows:delete')) select(flow);
    } else open(opened.value !== undefined && rowKey(opened.value) === rowKey(flow) ? undefined : flow);
  };
  const scrolled = (): void => {
    const element = box.current!;
    // The scroll bar has steps. The position that a key has chosen is kept if it is in the same step.
    if (Math.abs(scrollOf(list, position.value) - element.scrollTop) > 1)
      position.value = positionOf(list, element.scrollTop);
  };

  const first = Math.max(0, Math.floor(position.value / rowHeight) - SPARE);
  const last = Math.min(rows, Math.ceil((position.value + height.value) / rowHeight) + SPARE);
  useEffect(() => flows.reach(first, last), [first, last, rows]);
  // What is drawn below its place in the whole list, because the scroll bar is shorter than the list.
  const shift = position.value - scrollOf(list, position.value);
  const live = features.value.has('live');
  const since = shown === undefined ? 0 : (performance.now() - shown.at) / 1000;
  void now.value;
  const openedKey = opened.value && rowKey(opened.value);
  return (
    <div class={`table ${narrow.value ? 'cards' : ''}`}>
      <div
        ref={box}
        class={`grid ${selectable ? 'selectable' : ''}`}
        role="grid"
        aria-label="Flows"
        aria-rowcount={(shown?.meta.matched ?? 0) + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable="true"
        aria-activedescendant={active.value >= first && active.value < last ? `row-${active.value}` : undefined}
        tabIndex={0}
        data-keys="flows"
        onKeyDown={key}
        onClick={press}
        onScroll={scrolled}
      >
        <div
          role="row"
          class="head"
          aria-rowindex={1}
          style={{ gridTemplateColumns: narrow.value ? undefined : template }}
        >
          <div role="columnheader" class="check" aria-label="selected" />
          {columns.map(column => (
            <HeaderCell key={column.id} column={column} />
          ))}
        </div>
        <div role="rowgroup" class="body" style={{ height: `${heightOf(list)}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, i) => {
            const index = first + i;
            const flow = flows.row(index);
            const top = index * rowHeight - shift;
            if (flow === undefined) return <Waiting key={index} top={top} />;
            return (
              <Row
                key={rowKey(flow)}
                cell={{
                  flow,
                  rate: flows.rates.value.get(rowKey(flow)),
                  now: live ? (shown?.serverTime ?? Date.now()) + since * 1000 : undefined,
                  since: live ? since : 0,
                  timeText,
                }}
                columns={columns}
                index={index}
                active={index === active.value || rowKey(flow) === openedKey}
                chosen={selected.value.has(rowKey(flow))}
                top={top}
                template={template}
                card={narrow.value}
              />
            );
          })}
        </div>
        {shown !== undefined && !flows.windowed.value && rows >= MOST_ROWS && shown.meta.more > 0 && (
          <p class="note">
            These are the first {countText(rows)} of {countText(shown.meta.matched)} flows. Narrow the filter to see
            others{live && ', or start the server with --index to scroll through all'}.
          </p>
        )}
        {shown?.meta.matched === 0 && <Empty />}
      </div>
      <div class="ring" />
    </div>
  );
}
