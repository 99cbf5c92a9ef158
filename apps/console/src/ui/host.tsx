import type { ComponentChildren } from 'preact';
import { bytesText, countText, rateText } from '../model/format.js';
import { useTable } from './context.js';
import { FlowTable } from './flow-table.js';
import { GroupList } from './groups.js';

/** All about one address: as a source, as a destination, and behind a translation. */
export function HostPage({ chart, actions }: { chart?: ComponentChildren; actions?: ComponentChildren }) {
  const { view, flows, go } = useTable();
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
            {actions}
          </div>
        </header>
        <div class="strip">
          {chart}
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
