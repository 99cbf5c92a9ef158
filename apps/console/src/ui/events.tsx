import { natOf } from '../model/flow-facts.js';
import { clockText, countText, endText } from '../model/format.js';
import type { Tick } from '../model/ticker.js';
import { Charts } from './charts.js';
import { useConsole } from './context.js';

const PLACES = { kernel: 'in the kernel', ring: 'on the server', subscriber: 'on the way to this page' } as const;

function Line({ tick }: { tick: Tick }) {
  const { open } = useConsole();
  const { record } = tick;
  if (record.type === 'gap')
    return (
      <li class="gap">
        <time>{clockText(tick.at)}</time> gap: {record.count === null ? 'some' : countText(record.count)} events were
        lost {PLACES[record.where]}
      </li>
    );
  const { flow } = record;
  const { source } = natOf(flow);
  return (
    <li>
      <button type="button" class={`event ${record.type}`} onClick={() => open(flow)}>
        <time>{clockText(tick.at)}</time>
        <span class="what">
          {record.type === 'destroy' ? (record.reason === 'unmatched' ? 'left' : 'end') : record.type}
        </span>
        <span>{flow.protocol}</span>
        <span class="state-name">{flow.state ?? ''}</span>
        <code>
          {endText(flow.original.src, flow.original.sport)} → {endText(flow.original.dst, flow.original.dport)}
        </code>
        {source && <small>as {endText(source.address, source.port)}</small>}
      </button>
    </li>
  );
}

/** Events as they happen, under the filter, with the places where some were lost. */
export function Events() {
  const { ticker, paused } = useConsole();
  const state = ticker.state.value;
  return (
    <section class="events" aria-label="Events">
      <Charts />
      {state === 'failed' && <p class="note bad">Events under this filter cannot be watched: {ticker.message.value}</p>}
      {state === 'off' && <p class="note">This token may not watch events.</p>}
      {ticker.ticks.value.length === 0 && state === 'live' && (
        <p class="note">Nothing has happened yet under this filter.</p>
      )}
      <ol class="ticks" aria-busy={paused.value}>
        {ticker.ticks.value.slice(0, 200).map(tick => (
          <Line key={tick.id} tick={tick} />
        ))}
      </ol>
    </section>
  );
}
