import { useSignal } from '@preact/signals';
import { filterOfView } from '../model/flows.js';
import { countText, shellWord } from '../model/format.js';
import { MOST_SELECTED } from '../model/kill.js';
import { COLUMNS, columnsOf } from './columns.js';
import { useConsole } from './context.js';
import { Copy } from './copy.js';
import { filterText } from './filter-text.js';

const FORMATS = ['csv', 'ndjson', 'xml', 'save', 'plain'] as const;

/** The list in another format: a link where reading needs no token, otherwise a download with it. */
function Export() {
  const { view, session } = useConsole();
  const message = useSignal('');
  const netns = view.value.netns === '.' ? '' : `netns/${encodeURIComponent(view.value.netns)}/`;
  const query = filterText(filterOfView(view.value));
  const pathOf = (format: string): string =>
    `${netns}conntrack?${[query, `format=${format}`].filter(Boolean).join('&')}`;
  const bearer = session.token.value === undefined ? '' : '-H "Authorization: Bearer $TOKEN" ';
  const download = async (format: string): Promise<void> => {
    message.value = 'reading…';
    const text = await session.text(pathOf(format)).catch((error: Error) => {
      message.value = error.message;
    });
    if (text === undefined) return;
    const url = URL.createObjectURL(new Blob([text]));
    const link = document.createElement('a');
    link.href = url;
    link.download = `conntrack.${format === 'plain' || format === 'save' ? 'txt' : format}`;
    link.click();
    URL.revokeObjectURL(url);
    message.value = '';
  };
  return (
    <details class="menu">
      <summary>export</summary>
      <ul>
        {FORMATS.map(format => (
          <li key={format}>
            {session.token.value === undefined ? (
              <a href={session.base + pathOf(format)} download={`conntrack.${format}`}>
                {format}
              </a>
            ) : (
              <button type="button" class="link" onClick={() => void download(format)}>
                {format}
              </button>
            )}
          </li>
        ))}
        <li>
          <Copy label="curl" text={`curl ${bearer}${shellWord(session.base + pathOf('plain'))}`} />
        </li>
        <li>
          <Copy label="ctctl" text={`ctctl list ${shellWord(query)}`} />
        </li>
        <li aria-live="polite">{message.value}</li>
      </ul>
    </details>
  );
}

function ColumnMenu() {
  const { view, adjust } = useConsole();
  const chosen = columnsOf(view.value.columns).map(({ id }) => id);
  const toggle = (id: string): void => {
    const next = chosen.includes(id) ? chosen.filter(each => each !== id) : [...chosen, id];
    adjust({ columns: next });
  };
  return (
    <details class="menu">
      <summary>columns</summary>
      <ul>
        {COLUMNS.map(({ id, title }) => (
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

/** What can be done with the flows of the table. */
export function Toolbar({ behind }: { behind(): void }) {
  const { flows, view, selected, selectNone, may, kill, client, capabilities } = useConsole();
  const shown = flows.shown.value;
  const count = selected.value.size;
  const tooMany = count > MOST_SELECTED;
  const { filter } = view.value;
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
      {count > 0 && (
        <>
          <button
            type="button"
            class="danger"
            disabled={tooMany}
            onClick={() => void kill.flows(client.value, [...selected.value.values()])}
          >
            delete {countText(count)} selected…
          </button>
          <button type="button" onClick={selectNone}>
            unselect
          </button>
        </>
      )}
      {count === 0 &&
        filter !== '' &&
        may('flows:delete') &&
        capabilities.value?.writable !== false &&
        (shown?.meta.matched ?? 0) > 0 && (
          <button type="button" class="danger" onClick={() => void kill.matching(client.value, filter)}>
            delete all {countText(shown!.meta.matched)} that match…
          </button>
        )}
      <button type="button" onClick={behind}>
        who is behind…
      </button>
      <ColumnMenu />
      <Export />
    </div>
  );
}
