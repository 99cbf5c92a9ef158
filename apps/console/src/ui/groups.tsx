import type { FlowOverview } from '@conntrack/client';
import { serviceName } from '@conntrack/filter/services';
import { DEFAULT_GROUPS } from '../model/flows.js';
import { bytesText, countText, rateText } from '../model/format.js';
import { METRICS } from '../model/view.js';
import { useTable } from './context.js';

/** What flows can be grouped by, with the names that people use. */
const CHOICES: readonly (readonly [by: string, name: string])[] = [
  ['state', 'state'],
  ['proto', 'protocol'],
  ['src', 'source'],
  ['dst', 'destination'],
  ['src,dst', 'pair'],
  ['dport', 'destination port'],
  ['src/24', 'source network'],
  ['dst/24', 'destination network'],
  ['reply.dst', 'NAT address'],
  ['mark', 'mark'],
  ['zone', 'zone'],
  ['helper', 'helper'],
];

type Group = FlowOverview['groups'][number];

/** One ranking: a click on a row shows its flows. */
export function GroupList({ group, choose }: { group: Group; choose?: (by: string) => void }) {
  const { go, view } = useTable();
  const most = group.items[0]?.value ?? 0;
  const write = group.metric === 'bytes' ? bytesText : group.metric === 'rate' ? rateText : countText;
  const choices = CHOICES.some(([by]) => by === group.by) ? CHOICES : [...CHOICES, [group.by, group.by] as const];
  return (
    <section class="group" aria-label={`Groups by ${group.by}`}>
      <h3>
        by{' '}
        {choose === undefined ? (
          (choices.find(([by]) => by === group.by)?.[1] ?? group.by)
        ) : (
          <select aria-label="Group by" value={group.by} onChange={event => choose(event.currentTarget.value)}>
            {choices.map(([by, name]) => (
              <option key={by} value={by}>
                {name}
              </option>
            ))}
          </select>
        )}
        <small>
          {group.approximate && '≈ '}
          {countText(group.groups)}
        </small>
      </h3>
      <ol>
        {group.items.map(item => {
          const service = group.by === 'dport' ? serviceName(Number(item.values.dport)) : undefined;
          return (
            <li key={item.group}>
              <button
                type="button"
                class="bar"
                title={`${item.group}: ${write(item.value)}`}
                onClick={() => go({ page: 'flows', filter: item.filter })}
              >
                <span class="fill" style={{ width: `${most === 0 ? 0 : (item.value / most) * 100}%` }} />
                <span class="name">
                  {item.group === '-' ? 'none' : item.group}
                  {service !== undefined && <i class="service"> {service}</i>}
                </span>
                <span class="value">
                  {item.error > 0 && '≤ '}
                  {write(item.value)}
                </span>
              </button>
              {(group.by === 'src' || group.by === 'dst') && (
                <button
                  type="button"
                  class="quiet host"
                  aria-label={`All about ${item.group}`}
                  title={`All about ${item.group}`}
                  onClick={() => go({ page: 'host', host: item.group, filter: view.value.filter })}
                >
                  ▸
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** The rankings over the flow table, and what they are ranked by. */
export function Groups() {
  const { flows, view, adjust, recorded } = useTable();
  const shown = flows.shown.value;
  if (shown === undefined) return <div class="groups" aria-busy="true" />;
  const names = view.value.groups.length > 0 ? view.value.groups : (DEFAULT_GROUPS as readonly string[]);
  const choose = (at: number, by: string): void => adjust({ groups: names.map((name, i) => (i === at ? by : name)) });
  return (
    <div class="groups" id="groups" tabIndex={-1}>
      {shown.groups.map((group, i) => (
        <GroupList key={group.by + String(i)} group={group} choose={by => choose(i, by)} />
      ))}
      {recorded.value.accounting && (
        <fieldset class="metric">
          <legend>ranked by</legend>
          {METRICS.filter(metric => metric !== 'rate' || recorded.value.rates).map(metric => (
            <label key={metric}>
              <input
                type="radio"
                name="metric"
                checked={view.value.metric === metric}
                onChange={() => adjust({ metric })}
              />
              {metric}
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}
