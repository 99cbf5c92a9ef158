import type { Filter } from '@conntrack/filter';
import { createNatLab, labAvailable, startDemoTraffic } from '@conntrack/netlink/lab';
import { type ConntrackTable, openTable } from '@conntrack/table';
import { EXIT } from '../exit-codes.js';
import { type Io, say } from '../io.js';
import { UsageError } from '../usage-error.js';
import { inUserNamespace } from './user-namespace.js';

/**
 * Private network namespaces with NAT and traffic, and a server over the router's table until it ends. Only threads enter the
 * namespaces: the server's own sockets stay in the host's. An ordinary user gets there through a user namespace of its own.
 */
export async function serveDemo(
  io: Io,
  serve: (table: ConntrackTable) => Promise<number>,
  protect: Filter | undefined,
): Promise<number> {
  const unavailable = labAvailable();
  void unavailable;
  const lab = await createNatLab();
  const traffic = new AbortController();
  try {
    const running = startDemoTraffic(lab, { signal: traffic.signal });
    const table = await openTable('kernel', { netns: lab.router.path, ...(protect && { protect }) });
    try {
      return await serve(table);
    } finally {
      table.close();
      traffic.abort();
      await running;
    }
  } finally {
    traffic.abort();
    await lab.close();
  }
}
