import type { FlowChange } from '@conntrack/flow';
import { type BulkResult, type PlanResult, type PlanSummary, TableError } from '@conntrack/flow/table';
import type { CallOptions } from '../calls/options.js';
import { CALL, checkCall } from '../calls/rules.js';
import type { ConntrackClient } from '../client.js';
import type { BulkAnswer, Deleted, PlanAnswer, Updated } from '../protocol/answers.js';
import { dryRunOf } from '../protocol/dry-run.js';
import { answered, codeOf } from './table-error.js';

/** Converts a server's counts to those of a table. */
export function resultOf(answer: BulkAnswer): BulkResult {
  const { deleted, updated, plan: _, notAttempted: __, ...rest } = answer as BulkAnswer & Partial<Deleted & Updated>;
  return { ...rest, changed: deleted ?? updated ?? 0 };
}

/** A plan that the server made, stores and executes. */
export class RemotePlan implements PlanSummary {
  readonly id: string;
  readonly change: FlowChange | 'delete';
  readonly count: number;
  readonly matched: number;
  readonly skipped: number;
  readonly skips: PlanSummary['skips'];
  readonly breakdown: PlanSummary['breakdown'];
  readonly sample: PlanSummary['sample'];
  readonly filters: PlanSummary['filters'];
  readonly expires: number;
  /** The server stores the targets. */
  readonly bytes = 0;
  readonly refusal: TableError | undefined;
  readonly #client: ConntrackClient;
  readonly #answer: PlanAnswer;

  constructor(client: ConntrackClient, answer: PlanAnswer, sample: number) {
    const { refusal } = answer;
    this.#client = client;
    this.#answer = answer;
    this.id = answer.id;
    this.change = answer.change;
    this.count = answer.count;
    this.matched = answer.matched;
    this.skipped = answer.skipped;
    this.skips = answer.skips;
    this.breakdown = answer.breakdown;
    this.sample = answer.sample.slice(0, sample);
    this.filters = answer.filters;
    this.expires = Date.parse(answer.expires);
    this.refusal = refusal && new TableError(codeOf(refusal.code), refusal.detail, { matched: answer.count });
  }

  /** The result of a dry run. */
  preview(): BulkResult {
    return resultOf(dryRunOf(this.#answer));
  }

  async execute(options: CallOptions = {}): Promise<PlanResult> {
    checkCall('execute', options, CALL);
    if (this.refusal !== undefined) throw this.refusal;
    const answer = await answered(this.#client.execute(this.id, options));
    return { ...resultOf(answer), notAttempted: answer.notAttempted ?? 0 };
  }
}
