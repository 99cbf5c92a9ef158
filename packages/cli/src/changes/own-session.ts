import type { Flow, FlowRef } from '@conntrack/flow';
import type { Table } from '@conntrack/table';
import type { Io } from '../process/io.js';
import { type SshSession, sshSession } from '../process/ssh-connection.js';

/** The packets of an SSH session in both directions, as the host of the session sees them. */
function directionsOf({ remoteAddress: client, remotePort, localAddress: server, localPort }: SshSession): FlowRef[] {
  const family = client.includes(':') ? 'ipv6' : 'ipv4';
  return [
    { family, protonum: 6, original: { src: client, dst: server, sport: remotePort, dport: localPort } },
    { family, protonum: 6, original: { src: server, dst: client, sport: localPort, dport: remotePort } },
  ];
}

/**
 * Finds the entry of the SSH session in which this command runs. With address translation, the table may contain only
 * one of the session's directions.
 */
export async function ownSession(io: Pick<Io, 'env' | 'signal'>, table: Table): Promise<Flow | undefined> {
  const session = sshSession(io.env);
  for (const ref of session === undefined ? [] : directionsOf(session)) {
    const found = await table.lookup(ref, { signal: io.signal });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The session as text: `from 198.51.100.9:51234 to 192.0.2.1:22`. */
export function sessionText({ original: { src, dst, sport, dport } }: Flow): string {
  const end = (address: string, port: number | undefined): string =>
    `${address.includes(':') ? `[${address}]` : address}:${port}`;
  return `from ${end(src, sport)} to ${end(dst, dport)}`;
}
