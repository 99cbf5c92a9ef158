import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Behind } from '../../console/src/ui/behind.js';
import { Chips, FilterBox } from '../../console/src/ui/filter-box.js';
import { FlowDetail } from '../../console/src/ui/flow-detail.js';
import { FlowTable } from '../../console/src/ui/flow-table.js';
import { Groups } from '../../console/src/ui/groups.js';
import { HostPage } from '../../console/src/ui/host.js';
import { useKeys } from '../../console/src/ui/keys.js';
import { Toolbar } from '../../console/src/ui/toolbar.js';
import { CapturePane } from './capture-pane.js';
import { DIFFERENCES, type Difference } from './compare.js';
import { usePlayground } from './context.js';
import { AsCommand, Written } from './outputs.js';

/** Takes files that are dropped anywhere on the page. */
function useDrop(): void {
  const { use } = usePlayground();
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      const file = event.dataTransfer?.files[0];
      if (file === undefined) return;
      event.preventDefault();
      use({ name: file.name, content: file });
    };
    document.addEventListener('dragover', over);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('drop', drop);
    };
  }, []);
}

function BadLines() {
  const { capture } = usePlayground();
  const bad = capture.value?.bad ?? [];
  if (bad.length === 0) return null;
  return (
    <details class="bad-lines">
      <summary>
        {capture.value!.badLines.toLocaleString('en')} bad {bad.length === 1 ? 'line' : 'lines'}
      </summary>
      {bad.map(({ line, column, expected, snippet }) => (
        <div class="fault" key={line}>
          <p>
            line {line}, column {column}: expected {expected}
          </p>
          <pre>{snippet}</pre>
        </div>
      ))}
    </details>
  );
}

/** Which connections of two captures are shown. */
function Differences() {
  const { other, difference, showDifference } = usePlayground();
  if (other.value === undefined) return null;
  return (
    <select
      aria-label="Compared"
      value={difference.value ?? ''}
      onChange={event => showDifference((event.currentTarget.value || undefined) as Difference | undefined)}
    >
      <option value="">in either capture</option>
      {DIFFERENCES.map(each => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}

/** The page: the console's components, and above them the text. */
export function Page() {
  const { view, go, fault } = usePlayground();
  const box = useRef<HTMLDivElement>(null);
  const behind = useSignal(false);
  useDrop();
  useKeys(
    {
      b: () => {
        behind.value = true;
      },
    },
    box,
  );
  const { page, host } = view.value;
  return (
    <div class="playground" ref={box}>
      <div class="query">
        <FilterBox />
        {page === 'host' && (
          <nav aria-label="Pages">
            <button type="button" onClick={() => go({ page: 'flows' })}>
              Flows
            </button>
            <button type="button" aria-current="page">
              {host}
            </button>
          </nav>
        )}
      </div>
      {fault.value !== undefined && (
        <p class="banner bad" role="alert">
          {fault.value}
        </p>
      )}
      <Chips />
      <CapturePane />
      <BadLines />
      <main class={page === 'host' ? 'host' : 'flows'}>
        {page === 'host' ? (
          <HostPage />
        ) : (
          <>
            <div class="strip">
              <Groups />
            </div>
            <Toolbar>
              <Differences />
              <button
                type="button"
                onClick={() => {
                  behind.value = true;
                }}
              >
                who is behind…
              </button>
              <AsCommand />
              <Written />
            </Toolbar>
            <FlowTable />
          </>
        )}
        <FlowDetail />
      </main>
      {behind.value && (
        <Behind
          close={() => {
            behind.value = false;
          }}
        />
      )}
    </div>
  );
}
