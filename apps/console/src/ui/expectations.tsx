import type { ExpectationList } from '@conntrack/client';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { endText, spanText } from '../model/format.js';
import { poll } from '../model/poll.js';
import { useConsole } from './context.js';

type Expectation = ExpectationList['items'][number];
type Tuple = Expectation['tuple'];

const EVERY = 2000;
const UNSPECIFIED = /^(0\.0\.0\.0|::)$/;

/** An end of an expected tuple. What the mask leaves out is not compared. */
function expectedEnd(
  address: string,
  port: number | undefined,
  mask: string | undefined,
  portMask: number | undefined,
) {
  const any = mask !== undefined && UNSPECIFIED.test(mask);
  const anyPort = port === undefined || portMask === 0;
  if (any) return anyPort ? 'anyone' : `anyone:${port}`;
  return anyPort ? address : endText(address, port);
}

const fromOf = ({ tuple, mask }: Expectation): string => expectedEnd(tuple.src, tuple.sport, mask?.src, mask?.sport);
const toOf = ({ tuple, mask }: Expectation): string => expectedEnd(tuple.dst, tuple.dport, mask?.dst, mask?.dport);
const connection = ({ src, sport, dst, dport }: Tuple): string => `${endText(src, sport)} → ${endText(dst, dport)}`;

function Line({ expectation }: { expectation: Expectation }) {
  const { go } = useConsole();
  const { key, protocol, master, helper, timeout, flags, class: policy } = expectation;
  return (
    <tr key={key}>
      <td>{protocol}</td>
      <td>
        <code>
          {fromOf(expectation)} → {toOf(expectation)}
        </code>
      </td>
      <td>{helper ?? '–'}</td>
      <td>
        {master === undefined ? (
          '–'
        ) : (
          <button
            type="button"
            class="link"
            onClick={() => go({ page: 'flows', filter: `src=${master.src}&dst=${master.dst}` })}
          >
            <code>{connection(master)}</code>
          </button>
        )}
      </td>
      <td class="right">{timeout === undefined ? '–' : spanText(timeout)}</td>
      <td>{[...(flags ?? []), ...(policy ? [`class ${policy}`] : [])].join(' ')}</td>
    </tr>
  );
}

/** Connections that helpers expect, with the connection that announced each. */
export function Expectations() {
  const { client, paused } = useConsole();
  const items = useSignal<readonly Expectation[] | undefined>(undefined);
  const message = useSignal('');
  useEffect(() => {
    const run = async (signal: AbortSignal): Promise<void> => {
      try {
        items.value = (await client.value.expectations({ signal })).items;
        message.value = '';
      } catch (error) {
        if (!signal.aborted) message.value = (error as Error).message;
      }
    };
    const made = poll({ run, least: EVERY, idle: () => paused.peek() || document.hidden });
    return () => made.stop();
  }, [client.value]);
  return (
    <section class="health" aria-label="Expectations">
      {message.value !== '' && (
        <p class="note bad" role="alert">
          {message.value}
        </p>
      )}
      {items.value?.length === 0 && (
        <p class="note">
          No connection is expected. A helper (FTP, SIP, TFTP …) announces connections here, if a rule assigns it:{' '}
          <code>nft add ct helper …</code>
        </p>
      )}
      {items.value !== undefined && items.value.length > 0 && (
        <table class="counters expected">
          <thead>
            <tr>
              {['proto', 'expected connection', 'helper', 'announced by', 'left', 'flags'].map(name => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.value.map(each => (
              <Line key={each.key} expectation={each} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
