import type { ConsoleModel } from '../model/console.js';
import { countText, shortText } from '../model/format.js';
import type { Page } from '../model/view.js';
import { useConsole } from './context.js';
import { useNow } from './hooks.js';
import { applyTheme, isDark, theme } from './theme.js';

/** How full the table is. */
function Gauge() {
  const { traffic, flows } = useConsole();
  const stats = traffic.stats.value;
  if (stats === undefined) {
    const matched = flows.shown.value?.meta.matched;
    return matched === undefined ? null : <span class="gauge">{countText(matched)} flows</span>;
  }
  const { count, max, fill } = stats;
  const level = (fill ?? 0) > 0.9 ? 'bad' : (fill ?? 0) > 0.75 ? 'warn' : 'good';
  return (
    <span
      class={`gauge ${level}`}
      title={max === undefined ? undefined : `${countText(count)} of ${countText(max)} entries`}
    >
      <b>{countText(count)}</b>
      {max !== undefined && (
        <>
          <small> / {countText(max)}</small>
          <meter min={0} max={1} value={fill} aria-label="Part of the table in use" />
          <small>{((fill ?? 0) * 100).toFixed((fill ?? 0) < 0.1 ? 1 : 0)} %</small>
        </>
      )}
    </span>
  );
}

/** New and ended flows a second. Without the right to watch events, nobody knows. */
function Churn() {
  const { traffic } = useConsole();
  const rate = traffic.perSecond.value;
  if (rate === undefined) return null;
  return (
    <span class="churn" title="new and ended flows a second, under the filter">
      <b>+{rate.created < 10 ? rate.created.toFixed(1) : shortText(rate.created)}</b>
      <b>−{rate.ended < 10 ? rate.ended.toFixed(1) : shortText(rate.ended)}</b>
      <small>/s</small>
    </span>
  );
}

/** Drops since the page was opened. */
function Drops() {
  const { traffic, ticker } = useConsole();
  if (traffic.stats.value === undefined || traffic.stats.value.cpus.length === 0) return null;
  const { drop, earlyDrop, insertFailed } = traffic.since.value;
  const gaps = ticker.totals.gaps;
  const bad = traffic.moving.value;
  const all = drop + earlyDrop + insertFailed + gaps;
  return (
    <span
      class={`drops ${bad ? 'bad' : all > 0 ? 'warn' : ''}`}
      role="status"
      title="since this page was opened: packets dropped because the table was full, entries evicted, entries not inserted, gaps in the events"
    >
      {bad && '⚠ '}drop <b>{countText(drop)}</b> · evicted <b>{countText(earlyDrop)}</b> · failed{' '}
      <b>{countText(insertFailed)}</b>
      {gaps > 0 && (
        <>
          {' '}
          · gaps <b>{countText(gaps)}</b>
        </>
      )}
    </span>
  );
}

function Doctor() {
  const { findings: found, go } = useConsole();
  const findings = found.value.filter(({ status }) => status === 'warn' || status === 'loss');
  if (findings.length === 0) return null;
  return (
    <button
      type="button"
      class={`findings ${findings.some(({ status }) => status === 'loss') ? 'bad' : ''}`}
      onClick={() => go({ page: 'health' })}
      title={findings.map(({ found }) => found).join('\n')}
    >
      {findings.length} {findings.length === 1 ? 'finding' : 'findings'}
    </button>
  );
}

/** How current the page is. */
function LiveState() {
  const { live, flows, interval, paused, pause } = useConsole();
  const now = live.value;
  const clock = useNow(1000);
  const shown = flows.shown.value;
  const took = shown?.took;
  void clock.value;
  const age = shown === undefined ? 0 : performance.now() - shown.at;
  const late = now.state === 'live' && age > 2 * interval.value + 1000;
  const text = late ? `as of ${(age / 1000).toFixed(0)} s` : now.state;
  return (
    <span class="live">
      <button
        type="button"
        class={`state-${late ? 'paused' : now.state}`}
        aria-pressed={paused.value}
        title={
          now.state === 'failing'
            ? now.message
            : `refreshes every ${(interval.value / 1000).toFixed(0)} s${took === undefined ? '' : `; the last one took ${took.toFixed(0)} ms`}. p pauses`
        }
        onClick={() => pause(!paused.peek())}
      >
        <span aria-hidden="true">{paused.value ? '❚❚' : '●'}</span> <span role="status">{text}</span>
      </button>
    </span>
  );
}

function Places() {
  const { namespaces, view, go, version, capabilities } = useConsole();
  const name = version.value?.node;
  const source = capabilities.value?.source;
  return (
    <span class="place">
      {name !== undefined && <b>{name}</b>}
      {namespaces.value.length > 1 ? (
        <select
          aria-label="Network namespace"
          value={view.value.netns}
          onChange={event => go({ netns: event.currentTarget.value })}
        >
          {namespaces.value.map(({ name: each }) => (
            <option key={each} value={each}>
              {each === '.' ? "the server's own" : each}
            </option>
          ))}
        </select>
      ) : (
        source !== undefined && <small>{source.name}</small>
      )}
    </span>
  );
}

function ThemeButton() {
  const next = isDark() ? 'light' : 'dark';
  void theme.value;
  return (
    <button
      type="button"
      class="quiet"
      aria-label={`Use the ${next} theme`}
      title={`${next} theme`}
      onClick={() => applyTheme(next)}
    >
      ◐
    </button>
  );
}

function TokenButton({ open }: { open(): void }) {
  const { session } = useConsole();
  const name = session.caller.value?.name;
  return (
    <button
      type="button"
      class="quiet"
      onClick={open}
      title={`what ${name ?? 'you'} may do: ${session.caller.value?.scopes.join(', ') ?? 'nothing'}`}
    >
      {name ?? 'token…'}
    </button>
  );
}

/** The tabs, and what a server and a token must have so that a tab is shown. */
const TABS: readonly { page: Page; name: string; offered(console: ConsoleModel): boolean }[] = [
  { page: 'flows', name: 'Flows', offered: () => true },
  { page: 'events', name: 'Events', offered: ({ may }) => may('flows:watch') },
  {
    page: 'expectations',
    name: 'Expected',
    offered: ({ session, capabilities }) =>
      session.caller.value?.filter === undefined && (capabilities.value?.source.kind ?? 'capture') !== 'capture',
  },
  { page: 'health', name: 'Health', offered: ({ may }) => may('stats:read') },
];

export function Tabs() {
  const console = useConsole();
  const { view, go } = console;
  return (
    <nav aria-label="Pages">
      {TABS.filter(({ offered }) => offered(console)).map(({ page, name }) => (
        <button
          key={page}
          type="button"
          aria-current={view.value.page === page ? 'page' : undefined}
          onClick={() => go({ page })}
        >
          {name}
        </button>
      ))}
      {view.value.page === 'host' && (
        <button type="button" aria-current="page">
          {view.value.host}
        </button>
      )}
    </nav>
  );
}

/** The first line of the page: what is served, how full it is, and whether something is wrong. */
export function Header({ login, help }: { login(): void; help(): void }) {
  return (
    <header class="top">
      <h1>
        <a href="#/flows">conntrack</a>
      </h1>
      <Places />
      <LiveState />
      <Gauge />
      <Churn />
      <Drops />
      <Doctor />
      <span class="space" />
      <span class="tools">
        <TokenButton open={login} />
        <ThemeButton />
        <button type="button" class="quiet" aria-label="Keys and help" title="keys and help (?)" onClick={help}>
          ?
        </button>
      </span>
    </header>
  );
}
