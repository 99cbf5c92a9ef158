import type { Flow, FlowChange } from '@conntrack/client';
import { useSignal } from '@preact/signals';
import { termOf, withTerm } from '../model/filter-edit.js';
import { bytesOf, natOf, rowKey, tupleFilter } from '../model/flow-facts.js';
import { bytesText, countText, endText, markText, rateText, shellWord, spanText } from '../model/format.js';
import { useConsole } from './context.js';
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

/** Sets the mark or the timeout of a flow. */
function ChangeForm({ flow, name, done }: { flow: Flow; name: 'mark' | 'timeout'; done(message: string): void }) {
  const { client, refresh } = useConsole();
  const text = useSignal(String((name === 'mark' ? flow.mark : flow.timeout) ?? ''));
  const send = (event: Event): void => {
    event.preventDefault();
    const value = Number(text.value);
    if (text.value.trim() === '' || !Number.isInteger(value) || value < 0) {
      done(`${name} must be a whole number ≥ 0, got '${text.value}'`);
      return;
    }
    client.value.update(flow, { [name]: value } as FlowChange).then(
      () => {
        done(`${name} is ${value} now`);
        refresh();
      },
      (error: Error) => done(error.message),
    );
  };
  return (
    <form class="inline" onSubmit={send}>
      <label>
        {name}
        <input
          type="text"
          inputMode="numeric"
          size={9}
          value={text.value}
          onInput={event => {
            text.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit">set</button>
    </form>
  );
}

function Facts({ flow }: { flow: Flow }) {
  const { flows } = useConsole();
  const rate = flows.rates.value.get(rowKey(flow));
  const facts: [string, string | undefined][] = [
    ['state', flow.state],
    ['status', flow.status?.join(' ')],
    ['left', flow.timeout === undefined ? undefined : spanText(flow.timeout)],
    ['started', flow.start === undefined ? undefined : new Date(flow.start).toLocaleString()],
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

/** All about one flow, and what can be done with it. */
export function FlowDetail() {
  const { opened, open, view, go, session, may, kill, client } = useConsole();
  const message = useSignal('');
  const flow = opened.value;
  if (flow === undefined) return null;
  const narrower = (field: string, value: string | number): void =>
    go({ page: 'flows', filter: withTerm(view.value.filter, termOf(field, value, false)) });
  const { source, destination } = natOf(flow);
  const place = view.value.netns === '.' ? '' : `/netns/${encodeURIComponent(view.value.netns)}`;
  const url = `${session.base}${place.slice(1)}${place === '' ? '' : '/'}conntrack/${flow.key ?? ''}`;
  /** The line as conntrack(8) prints it, which the server writes. */
  const lineOf = async ({ key, original }: Flow): Promise<string> => {
    const text = await session.text(
      `${place.slice(1)}${place === '' ? '' : '/'}conntrack?format=extended&${tupleFilter(flow)}`,
    );
    return text.split('\n').find(line => line.trim() !== '') ?? `${original.src} ${key ?? ''}: this flow has ended`;
  };
  const bearer = session.token.value === undefined ? '' : '-H "Authorization: Bearer $TOKEN" ';
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
        {may('flows:delete') && flow.key !== undefined && (
          <button type="button" class="danger" onClick={() => void kill.flows(client.value, [flow])}>
            delete…
          </button>
        )}
      </div>
      {may('flows:update') && flow.key !== undefined && (
        <div class="actions">
          <ChangeForm key={`mark ${flow.key}`} flow={flow} name="mark" done={text => (message.value = text)} />
          <ChangeForm key={`timeout ${flow.key}`} flow={flow} name="timeout" done={text => (message.value = text)} />
          <output aria-live="polite">{message.value}</output>
        </div>
      )}
      <div class="actions lines">
        <Copy label="line" text={() => lineOf(flow)} />
        {flow.key !== undefined && <Copy label="key" text={flow.key} />}
        {flow.key !== undefined && <Copy label="curl" text={`curl ${bearer}${shellWord(url)}`} />}
        <Copy label="ctctl" text={`ctctl list ${shellWord(tupleFilter(flow))}`} />
        <Copy label="JSON" text={JSON.stringify(flow)} />
      </div>
    </aside>
  );
}
