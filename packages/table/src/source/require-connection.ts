import { type Flow, FlowObjectCursor, type FlowRef, sameConnection } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';

/** Returns the flow if it is the referenced connection. @throws TableError FLOW_NOT_FOUND, FLOW_REPLACED */
export function requireConnection(ref: FlowRef, flow: Flow | undefined): Flow {
  if (flow === undefined) throw new TableError('FLOW_NOT_FOUND', 'this connection has ended: no entry has its tuple');
  if (!sameConnection(new FlowObjectCursor(flow), ref))
    throw new TableError('FLOW_REPLACED', 'this connection has ended, and another connection has its tuple now', {
      flow,
    });
  return flow;
}

/** Whether an error means that the whole source has failed, so that the next request would fail too. */
export const isSourceFailure = (error: unknown): boolean =>
  !(error instanceof TableError) ||
  ['NOT_PRIVILEGED', 'READ_ONLY', 'SOURCE_FAILED', 'SOURCE_UNUSABLE', 'NAMESPACE_NOT_FOUND'].includes(error.code);
