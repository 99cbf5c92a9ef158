import { rateText } from '../model/format.js';
import type { Series } from '../model/traffic.js';
import { Chart, type Line } from './chart.js';
import { useConsole } from './context.js';
import { HostPage } from './host.js';

const RATES: readonly Line[] = [
  { name: '↑', color: '--good', fill: true },
  { name: '↓', color: '--accent', fill: true },
];
const MINUTES = 600;

function lastMinutes({ times, lines }: Series): Series {
  const from = times.findIndex(time => time >= Date.now() / 1000 - MINUTES);
  return from <= 0 ? { times, lines } : { times: times.slice(from), lines: lines.map(line => line.slice(from)) };
}

/** The host page of a server's table: with rates over time, and with the button that cuts all connections. */
export function LiveHost() {
  const { view, hostRates, may, kill, client, recorded } = useConsole();
  const chart = recorded.value.accounting && (
    <Chart title="last ten minutes" series={lastMinutes(hostRates.value)} lines={RATES} write={rateText} />
  );
  const actions = may('flows:delete') && (
    <button type="button" class="danger" onClick={() => void kill.matching(client.value, `addr=${view.value.host}`)}>
      cut all its flows…
    </button>
  );
  return <HostPage chart={chart} actions={actions} />;
}
