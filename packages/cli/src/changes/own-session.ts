import type { Flow, FlowRef } from '@conntrack/flow';
import type { Table } from '@conntrack/table';
import type { Io } from '../process/io.js';
import { sshConnection } from '../process/ssh-connection.js';

/** The packets of an SSH session in both directions, as the host of the session sees them. */
function directionsOf(connection: string): FlowRef[] {
  const [client, clientPort, server, serverPort] = connection.split(' ').map(part => part.replace(/%.*$/, ''));
  const [sport, dport] = [Number(clientPort), Number(serverPort)];
  if (!client || !server || !(sport > 0) || !(dport > 0)) return [];
  const family = client.includes(':') ? 'ipv6' : 'ipv4';
  return [
    { family, protonum: 6, original: { src: client, dst: server, sport, dport } },
    { family, protonum: 6, original: { src: server, dst: client, sport: dport, dport: sport } },
  ];
}

/**
 * Finds the entry of the SSH session in which this command runs. With address translation, the table may contain only
 * one of the session's directions.
 */
export async function ownSession(io: Pick<Io, 'env' | 'signal'>, table: Table): Promise<Flow | undefined> {
  const connection = sshConnection(io.env);
  for (const ref of connection === undefined ? [] : directionsOf(connection)) {
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
