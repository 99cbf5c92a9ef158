import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Behind } from './behind.js';
import { StripChart } from './charts.js';
import { useConsole } from './context.js';
import { Events } from './events.js';
import { Chips, FilterBox } from './filter-box.js';
import { FlowDetail } from './flow-detail.js';
import { FlowTable } from './flow-table.js';
import { Groups } from './groups.js';
import { Header, Tabs } from './header.js';
import { Health } from './health.js';
import { Help } from './help.js';
import { HostPage } from './host.js';
import { KillDialog } from './kill-dialog.js';
import { Login } from './login.js';
import { Toolbar } from './toolbar.js';

type Open = 'none' | 'help' | 'login' | 'behind';

/** Keys that work everywhere except in input fields and dialogs. */
function useKeys(open: (what: Open) => void): void {
  const console = useConsole();
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      const { selected, opened, kill, client, may, paused } = console;
      const actions: Record<string, () => void> = {
        '/': () => document.getElementById('filter')?.focus(),
        '?': () => open('help'),
        b: () => open('behind'),
        p: () => console.pause(!paused.peek()),
        r: () => console.refresh(),
        g: () => document.querySelector<HTMLElement>('.groups button')?.focus(),
        j: () => document.querySelector<HTMLElement>('.grid')?.focus(),
        k: () => document.querySelector<HTMLElement>('.grid')?.focus(),
        Escape: () => console.open(undefined),
        d: () => {
          const flows =
            selected.peek().size > 0 ? [...selected.peek().values()] : opened.peek() ? [opened.peek()!] : [];
          if (flows.length > 0 && may('flows:delete')) void kill.flows(client.peek(), flows);
        },
      };
      const action = event.defaultPrevented ? undefined : actions[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

function FlowsPage({ behind }: { behind(): void }) {
  return (
    <>
      <div class="strip">
        <StripChart />
        <Groups />
      </div>
      <Toolbar behind={behind} />
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
  useKeys(what => {
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
      <div class="bar">
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
        {page === 'host' && <HostPage />}
        {page === 'events' && <Events />}
        {page === 'health' && <Health />}
        <FlowDetail />
      </main>
      <KillDialog />
      {open.value === 'help' && <Help close={close} />}
      {open.value === 'login' && <Login close={close} />}
      {open.value === 'behind' && <Behind close={close} />}
    </>
  );
}
