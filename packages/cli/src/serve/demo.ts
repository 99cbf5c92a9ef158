import type { Filter } from '@conntrack/filter';
import { createNatLab, DEMO_LAB, labAvailable, startDemoTraffic } from '@conntrack/lab';
import { type LocalTable, openTable } from '@conntrack/table';
import type { Io } from '../process/io.js';
import { inUserNamespace, isInside, userNamespaceWorks } from './user-namespace.js';

/** The demo is not available on this machine. */
export class DemoError extends Error {
  readonly code = 'DEMO_UNAVAILABLE';
  override readonly name = 'DemoError';
}

/**
 * Creates private network namespaces with NAT and traffic, and serves the router's table until it ends. Only threads
 * enter the namespaces; the server's own sockets stay in the host's. An ordinary user gets them through a user
 * namespace.
 */
export async function serveDemo(
  io: Io,
  serve: (table: LocalTable) => Promise<number>,
  protect: Filter | undefined,
): Promise<number> {
  const missing = labAvailable();
  if (missing !== undefined) {
    if (!isInside(io) && userNamespaceWorks()) return inUserNamespace(io);
    throw new DemoError(`the demo is not available: ${missing}`);
  }
  await using lab = await createNatLab(DEMO_LAB);
  await using _traffic = await startDemoTraffic(lab, { signal: io.signal });
  await using table = await openTable('kernel', { netns: lab.router.path, ...(protect && { protect }) });
  return await serve(table);
}
