import { type Flow, FlowObjectCursor, type FlowRef, sameConnection } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';

/** The flow, if it is the one that the reference means. @throws TableError FLOW_NOT_FOUND, FLOW_REPLACED */
export function requireConnection(ref: FlowRef, flow: Flow | undefined): Flow {
  if (flow === undefined) throw new TableError('FLOW_NOT_FOUND', 'this connection has ended: no entry has its tuple');
  if (!sameConnection(new FlowObjectCursor(flow), ref))
    throw new TableError('FLOW_REPLACED', 'this connection has ended, and another connection has its tuple now', {
      flow,
    });
  return flow;
}

/** What of an error tells that the source as a whole cannot go on: the next request would fail as well. */
export const isSourceFailure = (error: unknown): boolean =>
  !(error instanceof TableError) ||
  ['NOT_PRIVILEGED', 'READ_ONLY', 'SOURCE_FAILED', 'SOURCE_UNUSABLE', 'NAMESPACE_NOT_FOUND'].includes(error.code);
