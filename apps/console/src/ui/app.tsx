import { useSignal } from '@preact/signals';
import { Behind } from './behind.js';
import { StripChart } from './charts.js';
import { useConsole } from './context.js';
import { Events } from './events.js';
import { Expectations } from './expectations.js';
import { Chips, FilterBox } from './filter-box.js';
import { FlowActions } from './flow-actions.js';
import { FlowDetail } from './flow-detail.js';
import { FlowTable } from './flow-table.js';
import { Groups } from './groups.js';
import { Header, Tabs } from './header.js';
import { Health } from './health.js';
import { Help } from './help.js';
import { useKeys } from './keys.js';
import { KillDialog } from './kill-dialog.js';
import { LiveActions } from './live-actions.js';
import { LiveHost } from './live-host.js';
import { Login } from './login.js';
import { Toolbar } from './toolbar.js';

type Open = 'none' | 'help' | 'login' | 'behind';

/** The keys of the console. */
function useConsoleKeys(open: (what: Open) => void): void {
  const { selected, opened, kill, client, may, paused, pause, refresh } = useConsole();
  useKeys({
    '?': () => open('help'),
    b: () => open('behind'),
    p: () => pause(!paused.peek()),
    r: refresh,
    d: () => {
      const flows = selected.peek().size > 0 ? [...selected.peek().values()] : opened.peek() ? [opened.peek()!] : [];
      if (flows.length > 0 && may('flows:delete')) void kill.flows(client.peek(), flows);
    },
  });
}

function FlowsPage({ behind }: { behind(): void }) {
  return (
    <>
      <div class="strip">
        <StripChart />
        <Groups />
      </div>
      <Toolbar>
        <LiveActions behind={behind} />
      </Toolbar>
      <FlowTable />
    </>
  );
}

/** The whole page. */
export function App() {
  const { session, view, capabilities, live } = useConsole();
  const open = useSignal<Open>('none');
  const close = (): void => {
    open.value = 'none';
  };
  useConsoleKeys(what => {
    open.value = what;
  });
  if (session.refused.value !== undefined) return <Login close={undefined} />;
  const { page } = view.value;
  const source = capabilities.value?.source;
  const now = live.value;
  return (
    <>
      <Header
        login={() => {
          open.value = 'login';
        }}
        help={() => {
          open.value = 'help';
        }}
      />
      {source !== undefined && source.kind !== 'kernel' && (
        <p class="banner">
          This is not a live table: {source.kind === 'capture' ? 'a capture' : 'data in memory'} ({source.name}).
        </p>
      )}
      {now.state === 'failing' && (
        <p class="banner bad" role="alert">
          {now.message}
        </p>
      )}
      <div class="query">
        <FilterBox />
        <Tabs />
      </div>
      <Chips />
      <main class={page}>
        {page === 'flows' && (
          <FlowsPage
            behind={() => {
              open.value = 'behind';
            }}
          />
        )}
        {page === 'host' && <LiveHost />}
        {page === 'events' && <Events />}
        {page === 'expectations' && <Expectations />}
        {page === 'health' && <Health />}
        <FlowDetail actions={flow => <FlowActions flow={flow} />} />
      </main>
      <KillDialog />
      {open.value === 'help' && <Help close={close} />}
      {open.value === 'login' && <Login close={close} />}
      {open.value === 'behind' && <Behind close={close} />}
    </>
  );
}
