import type { FindingGroup } from '@conntrack/flow/table';
import { type Check, percent, sysctl, unknown } from '../check.js';
import { TRACKING_RULES } from '../tracking-rules.js';

/** From this share of `nf_conntrack_max` on, a burst of connections can fill the table. */
const FILLING = 0.8;
/** From this share on, the table is full: new connections are accepted only as fast as old ones end. */
const FULL = 0.98;
/** From this number of entries per bucket on, look-ups get slow. The kernel's default is one. */
const CROWDED = 2;
/** From this ratio of limit to buckets on, a table that fills up gets slow before it is full. */
const UNBALANCED = 8;

const largest = ({ values, entries }: FindingGroup, rows: number): string =>
  `${values.src ?? 'unknown'} (${percent(entries / Math.max(1, rows))})`;

/** How full the table is, and who fills it. */
export const FILL_CHECKS: Readonly<Record<string, Check>> = {
  tracking: ({ facts: { count } }) =>
    count > 0
      ? { status: 'ok', found: `${count} connections are tracked` }
      : {
          status: 'note',
          found: 'the table is empty',
          effect: 'the kernel tracks connections only if a firewall rule requires it',
          fix: TRACKING_RULES.join('; '),
        },
  fill: ({ facts: { count, max }, survey: { rows, unreplied, sources } }) => {
    if (max === undefined) return unknown('nf_conntrack_max');
    if (max === 0) return { status: 'ok', found: `${count} entries, without a limit`, numbers: { count } };
    const found = `${count} of ${max} entries (${percent(count / max)})`;
    const share = unreplied / Math.max(1, rows);
    const numbers = { count, max, unreplied, rows };
    if (count < max * FILLING) return { status: 'ok', found, numbers };
    const top = sources.slice(0, 3).map(group => largest(group, rows));
    const [worst] = sources;
    return {
      status: count >= max * FULL ? 'loss' : 'warn',
      found: `${found}. ${percent(share)} are unreplied. Largest sources: ${top.join(', ')}`,
      effect: 'a full table drops the packets of every new connection',
      fix: `look at the connections of ${worst?.values.src ?? 'the largest source'} (ctctl list ${worst?.filter ?? ''}), or raise the limit: ${sysctl('nf_conntrack_max', max * 2)} (in the first network namespace)`,
      numbers,
      groups: sources,
    };
  },
  buckets: ({ facts: { count, buckets } }) => {
    if (buckets === undefined || buckets === 0) return unknown('nf_conntrack_buckets');
    const load = count / buckets;
    const found = `${buckets} buckets, ${Math.round(load * 100) / 100} entries of this namespace to each`;
    return load <= CROWDED
      ? { status: 'ok', found, numbers: { buckets } }
      : {
          status: 'warn',
          found,
          effect: 'each packet must search a long chain of entries',
          fix: `${sysctl('nf_conntrack_buckets', buckets * 4)} (in the first network namespace)`,
          numbers: { buckets },
        };
  },
  hashSize: ({ facts: { max, buckets } }) => {
    if (max === undefined || buckets === undefined || buckets === 0) return unknown('nf_conntrack_buckets');
    const ratio = Math.round((max / buckets) * 10) / 10;
    const found = `nf_conntrack_max is ${max}, ${ratio} times the number of buckets (${buckets})`;
    return ratio <= UNBALANCED
      ? { status: 'ok', found, numbers: { ratio } }
      : {
          status: 'note',
          found,
          effect:
            'when the table fills up, each packet must search a long chain of entries, and chains that are too long drop packets',
          fix: `${sysctl('nf_conntrack_buckets', 2 ** Math.ceil(Math.log2(max / 4)))} (in the first network namespace)`,
          numbers: { ratio },
        };
  },
};
