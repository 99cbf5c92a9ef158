import { type Flow, type FlowRef, sameConnection } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import { rowOfFlow } from './object-rows.js';
import type { RowCursor } from './rows.js';
import type { TableSource } from './source.js';

/** Returns the row if it is the referenced connection. @throws TableError FLOW_NOT_FOUND, FLOW_REPLACED */
export function requireRow(ref: FlowRef, row: RowCursor | undefined): RowCursor {
  if (row === undefined) throw new TableError('FLOW_NOT_FOUND', 'this connection has ended: no entry has its tuple');
  if (!sameConnection(row, ref))
    throw new TableError('FLOW_REPLACED', 'this connection has ended, and another connection has its tuple now', {
      flow: row.flow(),
    });
  return row;
}

/** Returns the flow if it is the referenced connection. @throws TableError FLOW_NOT_FOUND, FLOW_REPLACED */
export const requireConnection = (ref: FlowRef, flow: Flow | undefined): Flow =>
  requireRow(ref, flow && rowOfFlow(flow)).flow();

/** Refuses a reference to a flow of a fleet: the same tuple on this host is another connection. @throws TableError INVALID_CHANGE */
export function refuseNode({ info }: Pick<TableSource, 'info'>, { node }: FlowRef): void {
  if (node !== undefined && info.kind === 'kernel')
    throw new TableError(
      'INVALID_CHANGE',
      `the flow is one of the node '${node}' of a fleet, and ${info.name} is the table of one host. Use the fleet, or the flow without 'node'`,
    );
}

/** Whether an error means that the whole source has failed, so that the next request would fail too. */
export const isSourceFailure = (error: unknown): boolean =>
  !(error instanceof TableError) ||
  ['NOT_PRIVILEGED', 'READ_ONLY', 'SOURCE_FAILED', 'SOURCE_UNUSABLE', 'NAMESPACE_NOT_FOUND'].includes(error.code);
