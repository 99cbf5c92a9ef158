import { compileFilter, type Filter } from '@conntrack/filter';
import { type Flow, type FlowChange, type FlowCursor, type FlowRef, protocolOf, stateName } from '@conntrack/flow';
import type { BulkOptions, BulkResult } from './change.js';
import { TableError } from './errors.js';
import { checkAvailable } from './requirements.js';
import type { TableSource } from './source.js';

/** More flows than this are only changed when the caller says how many it means. */
export const DEFAULT_MAX_AFFECTED = 1000;
/** Flows shown by a dry run. */
const SAMPLE = 100;

interface Target {
  refs: FlowRef[];
  matched: number;
  skipped: number;
  breakdown: Map<string, number>;
  sample: Flow[];
}

function kindOf(cursor: FlowCursor): string {
  const protonum = cursor.protonum();
  const state = cursor.state();
  return state < 0 ? protocolOf(protonum).name : `${protocolOf(protonum).name} ${stateName(protonum, state)}`;
}

/**
 * Which flows a change would touch. It holds their references only, and once there are more than `maxAffected` it goes on
 * counting without them.
 */
async function aim(
  source: TableSource,
  filter: Filter,
  maxAffected: number,
  options: BulkOptions & { spare?: (cursor: FlowCursor) => boolean },
): Promise<Target> {
  const target: Target = { refs: [], matched: 0, skipped: 0, breakdown: new Map(), sample: [] };
  const matches = compileFilter(filter);
  for await (const rows of source.scan({ filter, ...(options.signal && { signal: options.signal }) })) {
    for (const cursor = rows.cursor(); cursor.next(); ) {
      if (!matches(cursor) || rows.seen?.(cursor)) continue;
      target.matched++;
      if (options.spare?.(cursor)) {
        target.skipped++;
        continue;
      }
      const kind = kindOf(cursor);
      target.breakdown.set(kind, (target.breakdown.get(kind) ?? 0) + 1);
      if (target.refs.length <= maxAffected) target.refs.push(cursor.ref());
      if (options.dryRun && target.sample.length < SAMPLE) target.sample.push(cursor.flow());
    }
  }
  return target;
}

/** Changes (or, for `'delete'`, deletes) all flows that match, under the limits of {@link BulkOptions}. Nothing is changed before all is known. */
export async function changeMany(
  source: TableSource,
  filter: Filter,
  change: FlowChange | 'delete',
  options: BulkOptions & { spare?: (cursor: FlowCursor) => boolean },
): Promise<BulkResult> {
  if (filter.kind === 'all')
    throw new TableError('FILTER_REQUIRED', 'a change of many flows needs a filter; to empty the table, flush it');
  await checkAvailable(source, { filter, ...(options.signal && { signal: options.signal }) });
  const maxAffected = options.maxAffected ?? DEFAULT_MAX_AFFECTED;
  const target = await aim(source, filter, maxAffected, options);
  const affected = target.matched - target.skipped;
  const result: BulkResult = {
    dryRun: options.dryRun ?? false,
    matched: target.matched,
    changed: 0,
    gone: 0,
    failed: 0,
    skipped: target.skipped,
    breakdown: Object.fromEntries([...target.breakdown].sort(([, one], [, other]) => other - one)),
    failures: [],
    warnings: [],
  };
  if (options.dryRun) return { ...result, sample: target.sample };
  if (affected > maxAffected)
    throw new TableError(
      'TOO_MANY_AFFECTED',
      `${affected} flows match and at most ${maxAffected} may be changed; nothing was. Narrow the filter or raise maxAffected`,
      { matched: affected },
    );
  if (options.expect !== undefined && affected !== options.expect)
    throw new TableError(
      'EXPECT_MISMATCH',
      `${affected} flows match where ${options.expect} were expected; nothing was changed`,
      {
        matched: affected,
      },
    );
  const reasons = new Map<string, number>();
  const outcomes =
    change === 'delete'
      ? source.deleteMany(target.refs, options.signal)
      : source.updateMany(target.refs, change, options.signal);
  for await (const outcome of outcomes) {
    if (outcome === 'changed') result.changed++;
    else if (outcome === 'gone') result.gone++;
    else {
      result.failed++;
      reasons.set(outcome.failed.message, (reasons.get(outcome.failed.message) ?? 0) + 1);
    }
  }
  result.failures = [...reasons].map(([reason, count]) => ({ reason, count }));
  if (
    change === 'delete' &&
    result.changed > 0 &&
    source.info.kind === 'kernel' &&
    [...target.breakdown.keys()].some(kind => kind.startsWith('tcp'))
  )
    result.warnings.push(
      'a TCP connection that goes on sending is tracked anew while net.netfilter.nf_conntrack_tcp_loose is 1, the default',
    );
  return result;
}
