import { useSignal } from '@preact/signals';
import { conntrackCommand } from '../../console/src/model/conntrack-command.js';
import { queryOf } from '../../console/src/model/filter-edit.js';
import { filterOfView } from '../../console/src/model/flows.js';
import { shellWord } from '../../console/src/model/format.js';
import { Copy } from '../../console/src/ui/copy.js';
import { download } from '../../console/src/ui/download.js';
import { usePlayground } from './context.js';
import { OUTPUT_FORMATS } from './output-formats.js';

/** Number of characters that are shown. Copies and files have all. */
const MOST_SHOWN = 100_000;

/** The filter as a command, to copy. */
export function AsCommand() {
  const { view } = usePlayground();
  const filter = filterOfView(view.value);
  const query = queryOf(filter);
  const conntrack = conntrackCommand(filter);
  const commands = [
    `ctctl list ${shellWord(query)}`,
    `curl ${shellWord(`http://127.0.0.1:4680/conntrack?${query}`)}`,
    ...('command' in conntrack ? [conntrack.command] : []),
  ];
  return (
    <details class="menu">
      <summary>as a command</summary>
      <ul>
        {commands.map(command => (
          <li key={command}>
            <code>{command}</code> <Copy label={command.split(' ')[0]!} text={command} />
          </li>
        ))}
        {'why' in conntrack && <li>{conntrack.why}</li>}
      </ul>
    </details>
  );
}

/** The matching flows in each format, to copy or to save. */
export function Written() {
  const model = usePlayground();
  const shown = useSignal<string | undefined>(undefined);
  return (
    <details class="menu">
      <summary>write</summary>
      <ul class="formats">
        {OUTPUT_FORMATS.map(format => (
          <li key={format.name}>
            <span>{format.title}</span>
            <Copy label={format.name} text={async () => model.written(format)} />
            <button
              type="button"
              class="quiet"
              aria-label={`save ${format.name}`}
              onClick={() => download(`conntrack.${format.extension}`, model.written(format))}
            >
              save
            </button>
            <button
              type="button"
              class="quiet"
              aria-label={`show ${format.name}`}
              onClick={() => {
                shown.value = model.written(format);
              }}
            >
              show
            </button>
          </li>
        ))}
      </ul>
      {shown.value !== undefined && (
        <textarea
          class="written"
          readOnly
          wrap="off"
          aria-label="Matching flows"
          value={shown.value.slice(0, MOST_SHOWN)}
        />
      )}
    </details>
  );
}
