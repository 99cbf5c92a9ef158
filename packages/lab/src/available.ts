import { NETLINK_NETFILTER, native } from '@conntrack/netlink/raw';
import { LabError } from './error.js';
import { Namespace } from './namespace.js';
import { natTable, trackingTable } from './ruleset.js';
import { addTables } from './wire/nftables.js';
import { createVeth, NETLINK_ROUTE } from './wire/rtnetlink.js';
import { transactSync } from './wire/transact.js';

function probe(): string | undefined {
  try {
    native();
    using namespace = Namespace.create();
    transactSync(namespace.fd, NETLINK_ROUTE, [
      createVeth({ name: 'near', index: 2 }, { name: 'far', index: 3 }, namespace.fd),
    ]);
    const forward = { port: 1, to: '192.168.1.10', toPort: 1 };
    const tables = addTables([trackingTable({ labels: true }), natTable('ipv4', 'near', true, [forward])]);
    transactSync(namespace.fd, NETLINK_NETFILTER, tables);
    // Settings that exist may still be read-only, as in containers.
    for (const name of ['nf_conntrack_acct', 'nf_conntrack_timestamp']) namespace.sysctl(`netfilter.${name}`, 1);
    return undefined;
  } catch (error) {
    if (error instanceof LabError || (error instanceof Error && 'code' in error)) return error.message;
    throw error;
  }
}

let answer: { reason: string | undefined } | undefined;

/**
 * Returns why the lab cannot be built here (missing privilege, a kernel without nf_tables …); `undefined` if it can. It tries this in a
 * namespace of its own, once for each process.
 *
 * @example
 * ```ts
 * const reason = labAvailable();
 * describe.skipIf(reason !== undefined)('against the kernel', () => {});
 * ```
 */
export function labAvailable(): string | undefined {
  answer ??= { reason: probe() };
  return answer.reason;
}
