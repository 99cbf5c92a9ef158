import type { Flow, NewFlow } from '@conntrack/flow';
import type { TableSource } from '../source/source.js';
import { replyOf } from './upsert.js';

/**
 * Returns the entry, in either direction, that would conflict with a creation; `undefined` if there is none. For dry runs.
 *
 * @throws TableError if the flow could not be created for another reason
 */
export async function conflictingEntry(
  source: TableSource,
  flow: NewFlow,
  signal: AbortSignal | undefined,
): Promise<Flow | undefined> {
  await source.checkCreate?.(flow);
  const existing = await source.get(flow, signal);
  // With address translation, the reply tuple is chosen when the entry is created.
  if (existing !== undefined || flow.nat !== undefined) return existing;
  return source.get({ ...flow, original: replyOf(flow) }, signal);
}
