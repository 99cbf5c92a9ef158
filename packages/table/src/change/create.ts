import type { NewFlow } from '@conntrack/flow';
import { type MadeFlow, TableError } from '@conntrack/flow/table';
import type { Dropped } from '@conntrack/netlink';
import type { TableSource } from '../source/source.js';

/**
 * Creates an entry. Returns it as the source stored it, with warnings about what the source dropped. @throws TableError FLOW_EXISTS, with
 * the existing flow
 */
export async function createFlow(
  source: TableSource,
  flow: NewFlow,
  signal: AbortSignal | undefined,
): Promise<MadeFlow> {
  let dropped: readonly Dropped[];
  try {
    dropped = await source.create(flow, signal);
  } catch (error) {
    if (!(error instanceof TableError) || error.code !== 'FLOW_EXISTS') throw error;
    const existing = await source.get(flow, signal);
    throw new TableError('FLOW_EXISTS', error.message, { cause: error, ...(existing && { flow: existing }) });
  }
  const { src, dst, zone } = flow.original;
  const bare = { src, dst, ...(zone !== undefined && { zone }) };
  const withoutPorts = dropped.some(({ field }) => field === 'ports' || field === 'keys');
  const made = await source.get(withoutPorts ? { ...flow, original: bare } : flow, signal);
  if (made === undefined)
    throw new TableError('FLOW_NOT_FOUND', 'the entry was created, and has expired or was deleted since');
  return dropped.length === 0 ? made : { ...made, warnings: dropped.map(({ warning }) => warning) };
}
