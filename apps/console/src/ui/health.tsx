import { countText } from '../model/format.js';
import { Charts } from './charts.js';
import { useConsole } from './context.js';
import { Copy } from './copy.js';

const ORDER = ['loss', 'warn', 'note', 'unknown', 'ok'];
const TITLES: Readonly<Record<string, string>> = {
  loss: 'traffic is lost',
  warn: 'problem',
  note: 'not configured',
  unknown: 'not checked',
  ok: 'fine',
};

/** What the checks of the setup found, and the counters of the tracker. */
export function Health() {
  const { capabilities, go, findings, traffic } = useConsole();
  const found = findings.value;
  const stats = traffic.stats.value;
  const sorted = [...found].sort((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status));
  return (
    <section class="health" aria-label="Health">
      <Charts />
      {capabilities.value?.notes.map(note => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      <ul class="findings-list">
        {sorted.map(({ check, status, found: what, effect, fix, groups }) => (
          <li key={check} class={status}>
            <b>{TITLES[status] ?? status}</b>
            <div>
              <p>
                <strong>{check}</strong>: {what}
              </p>
              {effect !== undefined && <p>{effect}</p>}
              {groups?.map(({ values, filter, entries }) => (
                <p key={filter}>
                  <button type="button" class="link" onClick={() => go({ page: 'flows', filter })}>
                    {Object.values(values).join(' ')}: {countText(entries)} entries
                  </button>
                </p>
              ))}
              {fix !== undefined && (
                <p class="fix">
                  <code>{fix}</code> <Copy label="fix" text={fix} />
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="note">There are no checks for this source, or this token may not see them.</p>}
      {stats !== undefined && stats.cpus.length > 0 && (
        <table class="counters">
          <caption>Counters since boot</caption>
          <thead>
            <tr>
              <th scope="col">counter</th>
              <th scope="col" class="right">
                all CPUs
              </th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(stats.total).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="right">{countText(value ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
