import type { RunningServer } from '@conntrack/api';
import type { Agent, AgentReport } from '@conntrack/fleet/nats';
import type { LocalTable } from '@conntrack/table';
import type { FleetSettings } from '../config/index.js';
import type { Log } from './logs.js';

/** What joins a fleet. */
interface Joining {
  readonly server: RunningServer;
  readonly table: LocalTable;
  readonly log: Log;
}

/** Makes a running server a node of a fleet. What happens to the connection is logged. */
export async function joinFleet(fleet: FleetSettings, { server, table, log }: Joining): Promise<Agent> {
  const { startAgent } = await import('@conntrack/fleet/nats');
  const { kind, writable } = table.source;
  const report = ({ type, ...more }: AgentReport): void => {
    const line = { time: new Date().toISOString(), event: 'fleet', state: type, fleet: fleet.fleet, node: fleet.node };
    log.write({ ...line, ...more });
  };
  return startAgent({
    ...fleet,
    fetch: request => server.fetch(request),
    version: server.version,
    capabilities: { kind, writable },
    report,
  });
}
