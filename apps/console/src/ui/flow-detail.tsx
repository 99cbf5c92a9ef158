import type { Flow } from '@conntrack/client';
import type { ComponentChildren } from 'preact';
import { termOf, withTerm } from '../model/filter-edit.js';
import { bytesOf, natOf, rowKey } from '../model/flow-facts.js';
import { bytesText, countText, endText, markText, rateText, spanText } from '../model/format.js';
import { useTable } from './context.js';
import { Copy } from './copy.js';

/** The addresses that a packet passes: inside → as the outside sees it → the destination that was asked for → the real one. */
function NatPath({ flow }: { flow: Flow }) {
  const { original } = flow;
  const { source, destination } = natOf(flow);
  const stops = [
    { role: 'from', text: endText(original.src, original.sport) },
    ...(source ? [{ role: 'seen as', how: 'SNAT', text: endText(source.address, source.port) }] : []),
    { role: destination ? 'asked for' : 'to', text: endText(original.dst, original.dport) },
    ...(destination ? [{ role: 'really', how: 'DNAT', text: endText(destination.address, destination.port) }] : []),
  ];
  return (
    <ol class="path" aria-label="The way of a packet">
      {stops.map((stop, i) => (
        <li key={stop.role}>
          {i > 0 && (
            <span class="leg" aria-hidden="true">
              {'how' in stop ? stop.how : ''} ▸
            </span>
          )}
          <span class={`stop ${'how' in stop ? 'nat' : ''}`}>
            <small>{stop.role}</small>
            <code>{stop.text}</code>
          </span>
        </li>
      ))}
    </ol>
  );
}

function Direction({ name, tuple }: { name: string; tuple: Flow['original'] }) {
  const { src, dst, sport, dport, packets, bytes, ...rest } = tuple;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <code>
          {endText(src, sport)} → {endText(dst, dport)}
        </code>
      </td>
      <td class="right">{packets === undefined ? '–' : `${countText(packets)} pkts`}</td>
      <td class="right">{bytes === undefined ? '–' : bytesText(bytes)}</td>
      <td>
        {Object.entries(rest)
          .map(([key, value]) => `${key} ${value}`)
          .join(' · ')}
      </td>
    </tr>
  );
}

function Facts({ flow }: { flow: Flow }) {
  const { flows, timeText } = useTable();
  const rate = flows.rates.value.get(rowKey(flow));
  const facts: [string, string | undefined][] = [
    ['state', flow.state],
    ['status', flow.status?.join(' ')],
    ['left', flow.timeout === undefined ? undefined : spanText(flow.timeout)],
    ['started', flow.start === undefined ? undefined : timeText(flow.start)],
    ['now', rate === undefined ? undefined : `↑ ${rateText(rate.up)} ↓ ${rateText(rate.down)}`],
    ['total', bytesOf(flow) === undefined ? undefined : bytesText(bytesOf(flow)!)],
    ['mark', flow.mark === undefined ? undefined : markText(flow.mark)],
    ['zone', flow.zone === undefined ? undefined : String(flow.zone)],
    ['helper', flow.helper],
    ['labels', flow.labels?.join(', ')],
    ['security context', flow.secctx],
    ['uses', flow.use === undefined ? undefined : String(flow.use)],
    ['id', flow.id === undefined ? undefined : String(flow.id)],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** All about one flow, with the filters that it leads to. `actions` are what can be done with it. */
export function FlowDetail({ actions }: { actions?: (flow: Flow) => ComponentChildren }) {
  const { opened, open, view, go, lines } = useTable();
  const flow = opened.value;
  if (flow === undefined) return null;
  const narrower = (field: string, value: string | number): void =>
    go({ page: 'flows', filter: withTerm(view.value.filter, termOf(field, value, false)) });
  const { source, destination } = natOf(flow);
  return (
    <aside class="detail" aria-label="Flow">
      <header>
        <h2>
          {flow.protocol} {endText(flow.original.src, flow.original.sport)} →{' '}
          {endText(flow.original.dst, flow.original.dport)}
        </h2>
        <button type="button" class="quiet" aria-label="Close" onClick={() => open(undefined)}>
          ×
        </button>
      </header>
      <NatPath flow={flow} />
      <table class="tuples">
        <tbody>
          <Direction name="original" tuple={flow.original} />
          <Direction name="reply" tuple={flow.reply} />
        </tbody>
      </table>
      <Facts flow={flow} />
      <div class="actions">
        <button type="button" onClick={() => narrower('src', flow.original.src)}>
          filter by source
        </button>
        <button type="button" onClick={() => narrower('dst', flow.original.dst)}>
          filter by destination
        </button>
        {source && (
          <button type="button" onClick={() => go({ page: 'flows', filter: `reply.dst=${source.address}` })}>
            same NAT address
          </button>
        )}
        {destination && (
          <button type="button" onClick={() => go({ page: 'flows', filter: `reply.src=${destination.address}` })}>
            same real server
          </button>
        )}
        <button type="button" onClick={() => go({ page: 'host', host: flow.original.src })}>
          all about {flow.original.src}
        </button>
        <button type="button" onClick={() => go({ page: 'host', host: flow.original.dst })}>
          all about {flow.original.dst}
        </button>
      </div>
      {actions?.(flow)}
      <div class="actions lines">
        {lines(flow).map(({ label, text }) => (
          <Copy key={label} label={label} text={text} />
        ))}
      </div>
    </aside>
  );
}
