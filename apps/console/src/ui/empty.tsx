import { useTable } from './context.js';

const RULES = [
  'nft add table inet t',
  "nft add chain inet t c '{ type filter hook prerouting priority 0; }'",
  'nft add rule inet t c ct state new accept',
];

/** Why no flow is shown, and what to do about it. */
export function Empty() {
  const { flows, view, capabilities, adjust } = useTable();
  const { filter, page } = view.value;
  const { meta } = flows.shown.value!;
  if (page === 'host') return <p class="note">No flow has this address now.</p>;
  if (filter !== '')
    return (
      <p class="note">
        None of {meta.scanned === 0 ? 'the' : meta.scanned} entries that were read matches this filter.{' '}
        <button type="button" class="link" onClick={() => adjust({ filter: '' })}>
          Show all flows
        </button>
      </p>
    );
  const notes = capabilities.value?.notes ?? [];
  return (
    <div class="note">
      <p>The table is empty.</p>
      {notes.map(note => (
        <p key={note}>{note}</p>
      ))}
      {capabilities.value?.source.kind === 'kernel' && (
        <>
          <p>The kernel tracks connections only if a firewall rule asks for it. These three lines turn it on:</p>
          <pre>{RULES.join('\n')}</pre>
        </>
      )}
    </div>
  );
}
