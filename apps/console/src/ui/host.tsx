import { bytesText, countText, rateText } from '../model/format.js';
import { Chart, type Line } from './chart.js';
import { useConsole } from './context.js';
import { FlowTable } from './flow-table.js';
import { GroupList } from './groups.js';

const RATES: readonly Line[] = [
  { name: '↑', color: '--good', fill: true },
  { name: '↓', color: '--accent', fill: true },
];

/** All about one address: as a source, as a destination, and behind a translation. */
export function HostPage() {
  const { view, flows, hostRates, go, may, kill, client, recorded } = useConsole();
  const shown = flows.shown.value;
  const { host } = view.value;
  const total = flows.total.value;
  const bytes = shown?.groups.find(group => group.metric === 'bytes')?.total;
  return (
    <>
      <section class="host-page" aria-label={`All about ${host}`}>
        <header>
          <h2>{host}</h2>
          <p>
            {shown === undefined
              ? '…'
              : `${countText(shown.meta.matched)} ${shown.meta.matched === 1 ? 'flow' : 'flows'}`}
            {bytes !== undefined && ` · ${bytesText(bytes)}`}
            {total !== undefined && ` · ↑ ${rateText(total.up)} ↓ ${rateText(total.down)} now`}
          </p>
          <div class="actions">
            <button type="button" onClick={() => go({ page: 'flows', filter: `src=${host}` })}>
              as source
            </button>
            <button type="button" onClick={() => go({ page: 'flows', filter: `dst=${host}` })}>
              as destination
            </button>
            <button type="button" onClick={() => go({ page: 'flows', filter: `reply.dst=${host}` })}>
              as NAT address
            </button>
            <button type="button" onClick={() => go({ page: 'flows', filter: `reply.src=${host}` })}>
              as real server
            </button>
            {may('flows:delete') && (
              <button type="button" class="danger" onClick={() => void kill.matching(client.value, `addr=${host}`)}>
                cut all its flows…
              </button>
            )}
          </div>
        </header>
        <div class="strip">
          {recorded.value.accounting && (
            <Chart title="last ten minutes" series={lastMinutes(hostRates.value)} lines={RATES} write={rateText} />
          )}
          <div class="groups">
            {shown?.groups.map(group => (
              <GroupList key={group.by} group={group} />
            ))}
          </div>
        </div>
      </section>
      <FlowTable />
    </>
  );
}

const MINUTES = 600;

function lastMinutes({ times, lines }: { times: readonly number[]; lines: readonly (readonly (number | null)[])[] }) {
  const from = times.findIndex(time => time >= Date.now() / 1000 - MINUTES);
  return from <= 0 ? { times, lines } : { times: times.slice(from), lines: lines.map(line => line.slice(from)) };
}
