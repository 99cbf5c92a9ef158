import { ConntrackClient } from '@conntrack/client';
import { RemoteTable } from '@conntrack/client/table';
import type { Table } from '@conntrack/table';
import { checkNodeId } from './node-id.js';

/** One host of a fleet. */
export interface Member {
  /** The name of the node: the value of the field `node`. See {@link checkNodeId}. */
  readonly id: string;
  /** Words by which several nodes can be selected, for example `edge`. */
  readonly tags: readonly string[];
  /** The version of the node's program. Absent: not known yet. */
  readonly version?: string;
  /** The node's table. A call must end when its signal is aborted. */
  readonly table: Table;
  /** Returns the node's table for one request, whose id the node writes into its audit lines. */
  forRequest?(id: string): Table;
}

/** How a node is reached over HTTP, or over anything that carries the same requests. */
export interface RemoteMemberOptions {
  id: string;
  tags?: readonly string[];
  version?: string;
  /** The URL of the node's server. A transport that finds its node by other means ignores the host: `http://gw-7`. */
  url: string;
  /** The function that sends requests. It rejects when the signal of a request is aborted. Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** The bearer token for the node, or a function that returns the current one. The node checks it. */
  token?: string | (() => string | Promise<string>);
}

/**
 * Makes a member from the server of a node. Nothing is sent yet.
 *
 * A fleet does not repeat requests: within its deadline, a node that failed is named.
 *
 * @throws FleetError NODE_INVALID for a name that cannot be used
 * @throws ClientError REQUEST_INVALID for an invalid URL
 */
export function remoteMember({ id, tags = [], version, ...access }: RemoteMemberOptions): Member {
  checkNodeId(id);
  const tableWith = (headers: Readonly<Record<string, string>>): Table =>
    RemoteTable.unopened(new ConntrackClient({ ...access, headers, retry: false }), {
      kind: 'kernel',
      name: access.url,
      writable: true,
    });
  return {
    id,
    tags,
    ...(version !== undefined && { version }),
    table: tableWith({}),
    forRequest: request => tableWith({ 'x-request-id': request }),
  };
}
