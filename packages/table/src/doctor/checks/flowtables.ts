import type { Check } from '../check.js';

/** What the flowtables of the firewall do to the entries. */
export const FLOWTABLE_CHECKS: Readonly<Record<string, Check>> = {
  flowtables: ({ facts: { flowtables, accounting }, survey: { offloaded } }) => {
    if (flowtables === undefined)
      return {
        status: 'unknown',
        found: 'the flowtables of nftables cannot be read',
        effect: 'offloaded connections may have counters that do not change',
        fix: 'run this program with CAP_NET_ADMIN',
      };
    const silent = flowtables.filter(({ counter }) => !counter);
    const name = silent.map(({ family, table, name: own }) => `${family} ${table} ${own}`).join(', ');
    const numbers = { flowtables: flowtables.length, offloaded };
    if (silent.length === 0)
      return {
        status: 'ok',
        found: `flowtables: ${flowtables.length}, offloaded connections: ${offloaded}`,
        numbers,
      };
    return {
      status: 'note',
      found: `flowtable without counter: ${name}. Offloaded connections: ${offloaded}`,
      effect:
        accounting === 0
          ? 'the counters of offloaded connections do not change. (Nothing is counted now: nf_conntrack_acct is 0)'
          : 'the counters of offloaded connections do not change: bytes and packets are too low',
      fix: 'add the line "counter;" to the flowtable',
      numbers,
    };
  },
};
