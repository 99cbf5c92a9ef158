import { shortText } from '../model/format.js';
import { Chart, type Line } from './chart.js';
import { useConsole } from './context.js';

const CHURN: readonly Line[] = [
  { name: 'new/s', color: '--good', fill: true },
  { name: 'ended/s', color: '--accent' },
];
const ENTRIES: readonly Line[] = [{ name: 'entries', color: '--accent', fill: true }];
const PROTOCOLS: readonly Line[] = [
  { name: 'tcp', color: '--accent' },
  { name: 'udp', color: '--good' },
  { name: 'other', color: '--violet' },
];
const DROPS: readonly Line[] = [{ name: 'dropped', color: '--bad', fill: true }];

/** New and ended flows, or the entries where events cannot be watched. */
export function StripChart() {
  const { traffic } = useConsole();
  if (traffic.perSecond.value !== undefined)
    return <Chart title="flows" series={traffic.churn.value} lines={CHURN} write={shortText} />;
  if (traffic.stats.value !== undefined)
    return <Chart title="table" series={traffic.entries.value} lines={ENTRIES} write={shortText} />;
  return null;
}

/** All charts of the table, since the page was opened. */
export function Charts() {
  const { flows, traffic } = useConsole();
  return (
    <div class="charts">
      {traffic.stats.value !== undefined && (
        <Chart title="table" series={traffic.entries.value} lines={ENTRIES} write={shortText} />
      )}
      {traffic.perSecond.value !== undefined && (
        <Chart title="flows" series={traffic.churn.value} lines={CHURN} write={shortText} />
      )}
      <Chart title="protocols" series={flows.protocols.value} lines={PROTOCOLS} write={shortText} />
      {traffic.stats.value !== undefined && traffic.stats.value.cpus.length > 0 && (
        <Chart title="trouble" series={traffic.drops.value} lines={DROPS} write={shortText} />
      )}
    </div>
  );
}
