import type { Flow, NewFlow } from '@conntrack/flow';
import type { TableSource } from '../source/source.js';
import { replyOf } from './upsert.js';

/**
 * The entry in the way of a creation, in either direction, if any: what a dry run knows of it.
 *
 * @throws TableError where the flow could not be made anyhow
 */
export async function conflictingEntry(
  source: TableSource,
  flow: NewFlow,
  signal: AbortSignal | undefined,
): Promise<Flow | undefined> {
  await source.checkCreate?.(flow);
  const existing = await source.get(flow, signal);
  // Which reply tuple a translation makes is decided when it is made.
  if (existing !== undefined || flow.nat !== undefined) return existing;
  return source.get({ ...flow, original: replyOf(flow) }, signal);
}
