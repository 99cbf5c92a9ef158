import type { FindingGroup } from '@conntrack/flow/table';
import { type Check, percent } from '../check.js';

/** Number of ports that source NAT chooses from for ports above 1023. */
const PORTS = 64_512;
/** From this share of the ports on, source NAT has to search long for a free one, and gives up sometimes. */
const SCARCE = 0.75;
/** From this share on, connections fail. */
const EXHAUSTED = 0.97;
/** From this number of unreplied entries to one destination on, something is wrong there; from the other on, or from this share, badly. */
const UNANSWERED = 10;
const MANY_UNANSWERED = 100;
const LARGE_SHARE = 0.25;
/** A bulk delete changes at most this many entries without `--max-affected`. */
const DEFAULT_MAX_AFFECTED = 1000;

/** The command that deletes the entries of a group. There may be more of them by the time when it runs. */
function deleteCommand({ filter, entries }: FindingGroup): string {
  const limit = entries * 2 > DEFAULT_MAX_AFFECTED ? ` --max-affected ${entries * 2}` : '';
  return `ctctl delete ${filter.split('&').join(' ')}${limit}`;
}

const endpoint = (address: unknown, port: unknown): string => {
  const host = String(address).includes(':') && port !== undefined ? `[${address}]` : String(address);
  return port === undefined ? host : `${host}:${port}`;
};

/** What the entries themselves show. */
export const ENTRY_CHECKS: Readonly<Record<string, Check>> = {
  unanswered: ({ survey: { rows, unreplied, unanswered } }) => {
    const [worst] = unanswered;
    const share = unreplied / Math.max(1, rows);
    const found = `${unreplied} of ${rows} entries (${percent(share)}) are unreplied`;
    const numbers = { unreplied, rows };
    if (worst === undefined || worst.entries < UNANSWERED) return { status: 'ok', found, numbers };
    const { proto, dst, dport } = worst.values;
    const many = worst.entries >= MANY_UNANSWERED || share >= LARGE_SHARE;
    return {
      status: many ? 'warn' : 'note',
      found: `${found}, ${worst.entries} of them to ${proto} ${endpoint(dst, dport)}`,
      effect:
        'this destination does not answer, or somebody scans it. If it moved to another address, clients that keep sending stay on the old entry',
      fix: deleteCommand(worst),
      numbers,
      groups: unanswered.filter(({ entries }) => entries >= UNANSWERED),
    };
  },
  snatPorts: ({ survey: { translated, busiest } }) => {
    const [most] = translated;
    if (most === undefined || busiest === undefined) return { status: 'ok', found: 'no source address is translated' };
    const { values, entries } = busiest;
    const target = endpoint(values['reply.src'], values['reply.sport']);
    const used = entries / PORTS;
    const found = `${values['reply.dst']} uses ${entries} of ${PORTS} ports to ${values.proto} ${target} (${percent(used)}); most distinct ports of one address: ${most.ports} (${most.values['reply.dst']}, ${most.values.proto})`;
    const numbers = { entries, ports: PORTS, distinctPorts: most.ports };
    const groups = [busiest, ...translated.map(({ ports: _, ...group }) => group)];
    if (used < SCARCE) return { status: 'ok', found, numbers, groups };
    return {
      status: used >= EXHAUSTED ? 'loss' : 'warn',
      found,
      effect: 'new connections to this destination are dropped when no port is free (insert_failed)',
      fix: `translate to more addresses: snat to ADDRESS-ADDRESS. To see who uses the ports: ctctl top --by src ${busiest.filter.split('&').join(' ')}`,
      numbers,
      groups,
    };
  },
  helpers: ({ survey: { helped, unhelped } }) => {
    const [worst] = unhelped;
    if (worst === undefined)
      return { status: 'ok', found: `connections with a helper: ${helped}`, numbers: { helped } };
    const { proto, dport } = worst.values;
    return {
      status: 'note',
      found: `connections to ${proto} port ${dport} without a helper: ${worst.entries}`,
      effect:
        'connections that they announce (data of FTP, media of SIP) are not related to them: a firewall drops them, and NAT does not translate them',
      fix: 'assign a helper in the ruleset: ct helper … { type "ftp" protocol tcp; }, and a rule with ct helper set',
      numbers: { helped },
      groups: unhelped,
    };
  },
};
