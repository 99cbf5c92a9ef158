import type { ComponentChildren } from 'preact';
import { countText } from '../model/format.js';
import { columnsFor, columnsOf } from './columns.js';
import { useTable } from './context.js';

function ColumnMenu() {
  const { view, adjust, features, recorded } = useTable();
  const chosen = columnsOf(view.value.columns, features.value, recorded.value).map(({ id }) => id);
  const toggle = (id: string): void => {
    const next = chosen.includes(id) ? chosen.filter(each => each !== id) : [...chosen, id];
    adjust({ columns: next });
  };
  return (
    <details class="menu">
      <summary>columns</summary>
      <ul>
        {columnsFor(features.value).map(({ id, title }) => (
          <li key={id}>
            <label>
              <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} /> {title}
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** How many flows the table shows, its columns, and (as children) what can be done with its flows. */
export function Toolbar({ children }: { children: ComponentChildren }) {
  const { flows } = useTable();
  const shown = flows.shown.value;
  return (
    <div class="toolbar">
      <p class="matched" role="status">
        {shown === undefined ? (
          'reading…'
        ) : (
          <>
            <b>{countText(shown.meta.matched)}</b> {shown.meta.matched === 1 ? 'flow' : 'flows'}
            {shown.meta.matched !== shown.meta.scanned && ` of ${countText(shown.meta.scanned)} read`}
            <small>
              {' '}
              · {shown.took < 1000 ? `${shown.took.toFixed(0)} ms` : `${(shown.took / 1000).toFixed(1)} s`}
            </small>
          </>
        )}
      </p>
      {shown?.meta.warnings?.map(warning => (
        <p class="warn" key={warning.message}>
          {warning.message}
        </p>
      ))}
      <span class="space" />
      {children}
      <ColumnMenu />
    </div>
  );
}
