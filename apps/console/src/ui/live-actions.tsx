import { useSignal } from '@preact/signals';
import { bearerOption, pathOfNetns } from '../model/copy-lines.js';
import { queryOf } from '../model/filter-edit.js';
import { filterOfView } from '../model/flows.js';
import { countText, shellWord } from '../model/format.js';
import { MOST_SELECTED } from '../model/kill.js';
import { useConsole } from './context.js';
import { Copy } from './copy.js';
import { download } from './download.js';

const FORMATS = ['csv', 'ndjson', 'xml', 'save', 'plain'] as const;

/** The list in another format: a link where reading needs no token, otherwise a download with it. */
function Export() {
  const { view, session } = useConsole();
  const message = useSignal('');
  const query = queryOf(filterOfView(view.value));
  const pathOf = (format: string): string =>
    `${pathOfNetns(view.value.netns)}conntrack?${[query, `format=${format}`].filter(Boolean).join('&')}`;
  const save = async (format: string): Promise<void> => {
    message.value = 'reading…';
    const text = await session.text(pathOf(format)).catch((error: Error) => {
      message.value = error.message;
    });
    if (text === undefined) return;
    download(`conntrack.${format === 'plain' || format === 'save' ? 'txt' : format}`, text);
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
              <button type="button" class="link" onClick={() => void save(format)}>
                {format}
              </button>
            )}
          </li>
        ))}
        <li>
          <Copy label="curl" text={`curl ${bearerOption(session)}${shellWord(session.base + pathOf('plain'))}`} />
        </li>
        <li>
          <Copy label="ctctl" text={`ctctl list ${shellWord(query)}`} />
        </li>
        <li aria-live="polite">{message.value}</li>
      </ul>
    </details>
  );
}

/** What can be done with the flows of a server's table. */
export function LiveActions({ behind }: { behind(): void }) {
  const { flows, view, selected, selectNone, may, kill, client } = useConsole();
  const matched = flows.shown.value?.meta.matched ?? 0;
  const count = selected.value.size;
  const { filter } = view.value;
  return (
    <>
      {count > 0 && (
        <>
          <button
            type="button"
            class="danger"
            disabled={count > MOST_SELECTED}
            onClick={() => void kill.flows(client.value, [...selected.value.values()])}
          >
            delete {countText(count)} selected…
          </button>
          <button type="button" onClick={selectNone}>
            unselect
          </button>
        </>
      )}
      {count === 0 && filter !== '' && may('flows:delete') && matched > 0 && (
        <button type="button" class="danger" onClick={() => void kill.matching(client.value, filter)}>
          delete all {countText(matched)} that match…
        </button>
      )}
      <button type="button" onClick={behind}>
        who is behind…
      </button>
      <Export />
    </>
  );
}
