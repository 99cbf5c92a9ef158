import type { Flow } from '@conntrack/client';
import { parseAddress } from '@conntrack/flow';
import { useSignal } from '@preact/signals';
import { endText } from '../model/format.js';
import { useTable } from './context.js';
import { Dialog } from './dialog.js';

/** Splits `203.0.113.7:40001`, `[2001:db8::1]:443` or an address alone. */
function endOf(text: string): { address: string; port: number | undefined } | undefined {
  const [, bracketed, v4, port] =
    /^(?:\[([0-9a-f:.]+)\]|([^:\s]+)|[0-9a-f:]+)(?::(\d{1,5}))?$/i.exec(text.trim()) ?? [];
  const address = bracketed ?? v4 ?? text.trim();
  if (parseAddress(address) === undefined || Number(port ?? 0) > 65_535) return undefined;
  return {
    address,
    port: bracketed === undefined && v4 === undefined ? undefined : port === undefined ? undefined : Number(port),
  };
}

/** Finds the inside host of a public address and port, as abuse reports and firewall logs name them. */
export function Behind({ close }: { close(): void }) {
  const { source, go, open } = useTable();
  const text = useSignal('');
  const found = useSignal<readonly Flow[] | undefined>(undefined);
  const message = useSignal('');
  const search = (event: Event): void => {
    event.preventDefault();
    const end = endOf(text.value);
    found.value = undefined;
    if (end === undefined) {
      message.value = `'${text.value}' is not an address with a port. Examples: 203.0.113.7:40001, [2001:db8::7]:443`;
      return;
    }
    const filter = `reply.dst=${end.address}${end.port === undefined ? '' : `&reply.dport=${end.port}`}`;
    message.value = '';
    source.value.overview(filter, { limit: 50 }).then(
      ({ items, meta }) => {
        found.value = items;
        message.value =
          items.length === 0
            ? 'No flow uses this address and port now.'
            : items.length < meta.matched
              ? `the first ${items.length} of ${meta.matched} flows`
              : '';
      },
      (error: Error) => {
        message.value = error.message;
      },
    );
  };
  return (
    <Dialog title="Who is behind a public address and port?" close={close}>
      <form class="behind" onSubmit={search}>
        <label>
          public address and port
          <input
            type="text"
            placeholder="203.0.113.7:40001"
            autocomplete="off"
            spellcheck={false}
            value={text.value}
            onInput={event => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit">find</button>
      </form>
      <p role="status">{message.value}</p>
      {found.value !== undefined && found.value.length > 0 && (
        <ul class="sample">
          {found.value.map(flow => (
            <li key={flow.key}>
              <button
                type="button"
                class="link"
                onClick={() => {
                  close();
                  open(flow);
                }}
              >
                <b>{endText(flow.original.src, flow.original.sport)}</b> {flow.protocol} →{' '}
                {endText(flow.original.dst, flow.original.dport)} {flow.state ?? ''}
              </button>{' '}
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  close();
                  go({ page: 'host', host: flow.original.src });
                }}
              >
                all about {flow.original.src}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
