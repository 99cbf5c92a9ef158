import type { Flow } from '@conntrack/flow';
import { type Chunks, captureBatches, type ParseError } from '@conntrack/parser/capture';
import { TableError, type TableErrorCode } from './errors.js';
import { lostOf, newFlowOf } from './new-flow-of.js';
import type { TableSource } from './source.js';

/** How many examples of a refusal are kept. */
const EXAMPLES = 5;

/** How a snapshot is read back. */
export interface RestoreOptions {
  /** Called with each bad line, which is then left out. Without it the first bad line is an error; what stood before it has been made. */
  onBadLine?: (error: ParseError) => void;
  signal?: AbortSignal;
}

/** A reason for which entries were refused. */
export interface Refusal {
  code: TableErrorCode;
  reason: string;
  count: number;
  /** Up to 5 of them. */
  examples: Flow[];
}

/** What became of a snapshot. */
export interface RestoreReport {
  /** Flows read. */
  read: number;
  /** Entries made. */
  created: number;
  /** Flows whose tuple has an entry already, which was left as it is. */
  existed: number;
  /** Flows that the source refused. */
  refused: number;
  refusals: Refusal[];
  badLines: number;
  /** What entries that were made lack of the flow they were made from, with how many: counters, start times … */
  lost: Record<string, number>;
}

/** Failures that are the source's, and will be the next flow's too. */
const HOPELESS: readonly TableErrorCode[] = ['NOT_PRIVILEGED', 'READ_ONLY', 'SOURCE_FAILED', 'SOURCE_UNUSABLE'];

/**
 * Makes entries from a snapshot in any format that `@conntrack/parser` reads. A refusal is no failure: it is counted with its reason. Flows of a
 * helper's connection come after all others, as their master has to be there.
 *
 * @throws ParseError for a bad line, unless `onBadLine` is given; TableError when the source as a whole fails.
 */
export async function restore(source: TableSource, chunks: Chunks, options: RestoreOptions): Promise<RestoreReport> {
  const { onBadLine, signal } = options;
  const report: RestoreReport = {
    read: 0,
    created: 0,
    existed: 0,
    refused: 0,
    refusals: [],
    badLines: 0,
    lost: {},
  };
  const related: Flow[] = [];
  const make = async (flow: Flow): Promise<void> => {
    try {
      const dropped = await source.create(newFlowOf(flow), signal);
      report.created++;
      for (const field of new Set([...lostOf(flow), ...dropped.map(each => each.field)]))
        report.lost[field] = (report.lost[field] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof TableError) || HOPELESS.includes(error.code)) throw error;
      if (error.code === 'FLOW_EXISTS') report.existed++;
      else refuse(report, error, flow);
    }
  };
  const batches = captureBatches(chunks, {
    ...(onBadLine ? { mode: 'tolerant', onBadLine } : { mode: 'strict' }),
    ...(signal && { signal }),
  });
  for await (const flows of batches)
    for (const flow of flows) {
      report.read++;
      if (flow.master !== undefined) related.push(flow);
      else await make(flow);
    }
  for (const flow of related) {
    signal?.throwIfAborted();
    await make(flow);
  }
  return { ...report, badLines: batches.badLines };
}

function refuse(report: RestoreReport, error: TableError, flow: Flow): void {
  report.refused++;
  let refusal = report.refusals.find(({ reason }) => reason === error.message);
  if (refusal === undefined) {
    refusal = { code: error.code, reason: error.message, count: 0, examples: [] };
    report.refusals.push(refusal);
  }
  refusal.count++;
  if (refusal.examples.length < EXAMPLES) refusal.examples.push(flow);
}
