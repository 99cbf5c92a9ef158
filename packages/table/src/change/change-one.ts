import { decodeKey, type Flow, type FlowChange, FlowObjectCursor, type FlowRef, refOf } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import { refuseNode, requireConnection } from '../source/require-connection.js';
import type { ChangeContext } from './change-context.js';

/** Returns the flow. Throws PROTECTED if the change must skip it. */
export function requireChangeable({ exclusions }: ChangeContext, flow: Flow): Flow {
  const cursor = new FlowObjectCursor(flow);
  const exclusion = exclusions.find(({ test }) => test(cursor));
  if (exclusion === undefined) return flow;
  throw new TableError(
    'PROTECTED',
    exclusion.reason === 'protected'
      ? 'this connection matches the protect filter and cannot be changed'
      : `this connection was skipped: ${exclusion.reason}`,
    { flow },
  );
}

/** Returns a reference, with id and reply tuple, to a flow that may be changed. A key has no reply tuple, so its flow is looked up. */
async function changeableRef(
  context: ChangeContext,
  target: string | FlowRef,
  signal: AbortSignal | undefined,
): Promise<FlowRef> {
  const ref = typeof target === 'string' ? decodeKey(target) : target;
  refuseNode(context.source, ref);
  if (ref.id === undefined)
    throw new TableError(
      'INVALID_CHANGE',
      'the flow has no id, so its tuple can belong to another connection. List the flows again',
    );
  if (ref.reply !== undefined && context.exclusions.length === 0) return ref;
  return refOf(requireChangeable(context, requireConnection(ref, await context.source.get(ref, signal))));
}

/** Deletes one flow. */
export async function deleteFlow(
  context: ChangeContext,
  target: string | FlowRef,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { source } = context;
  const ref = await changeableRef(context, target, signal);
  try {
    await source.delete(ref, signal);
  } catch (error) {
    // The kernel reports both cases equally. A look-up of the tuple tells whether the flow has ended or was replaced.
    if (error instanceof TableError && error.code === 'FLOW_NOT_FOUND')
      requireConnection(ref, await source.get(ref, signal));
    throw error;
  }
}

/** Changes one flow, and returns its new state. */
export async function updateFlow(
  context: ChangeContext,
  target: string | FlowRef,
  change: FlowChange,
  signal: AbortSignal | undefined,
): Promise<Flow> {
  const ref = await changeableRef(context, target, signal);
  await context.source.update(ref, change, signal);
  return requireConnection(ref, await context.source.get(ref, signal));
}
