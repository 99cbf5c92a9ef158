import { useConsole } from './context.js';
import { Dialog } from './dialog.js';

const KEYS: readonly (readonly [key: string, what: string, scope?: string])[] = [
  ['/', 'go to the filter'],
  ['j k ↓ ↑', 'move in the table'],
  ['Enter', 'open a flow, and close it'],
  ['x', 'select the flow', 'flows:delete'],
  ['d', 'delete the selected flows, or the one that is open', 'flows:delete'],
  ['g', 'go to the groups'],
  ['b', 'who is behind a public address and port'],
  ['p', 'pause and go on'],
  ['r', 'refresh now'],
  ['Esc', 'close what is open'],
  ['?', 'this help'],
];

/** The keys, and what clicks do. */
export function Help({ close }: { close(): void }) {
  const { may, session } = useConsole();
  return (
    <Dialog title="Keys" close={close}>
      <dl class="keys">
        {KEYS.filter(([, , scope]) => scope === undefined || may(scope)).map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map(each => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>
        A click on a value filters by it, Alt-click excludes it. A click on a header sorts. Every view has its own
        address: copy it to share it.
      </p>
      <p>
        <a href={`${session.base}docs`}>API documentation</a>
      </p>
    </Dialog>
  );
}
