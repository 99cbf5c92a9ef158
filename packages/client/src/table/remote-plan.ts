import type { FlowChange } from '@conntrack/flow';
import { type BulkResult, type PlanResult, type PlanSummary, TableError } from '@conntrack/flow/table';
import { sleep } from '../calls/backoff.js';
import { checkCall } from '../calls/rules.js';
import type { ConntrackClient } from '../client.js';
import { ApiError } from '../errors.js';
import type { BulkAnswer, Deleted, PlanAnswer, PlanRecord, Updated } from '../protocol/answers.js';
import { EXECUTE, type Execute, type PlanOf } from './options.js';
import { answered, codeOf, tableError } from './table-error.js';

/** Default and maximum number of flows that a plan shows. */
export const SAMPLE = 100;
/** Milliseconds between two requests for the counts of a running change. */
const INTERVAL = 500;
/** Milliseconds to wait for the record of a change whose own response did not arrive. */
const PATIENCE = 5000;

/** Converts a server's counts to those of a table. */
export function resultOf(answer: BulkAnswer): BulkResult {
  const { deleted, updated, plan: _, notAttempted: __, ...rest } = answer as BulkAnswer & Partial<Deleted & Updated>;
  return { ...rest, changed: deleted ?? updated ?? 0 };
}

/** Returns the plan that a server made for a dry run. @throws TableError */
export async function planOf(client: ConntrackClient, answer: BulkAnswer, options: PlanOf): Promise<RemotePlan> {
  const { plan, skips, breakdown, sample = [] } = answer;
  const asked = options.signal ? { signal: options.signal } : {};
  const { change, count, matched, skipped, filters } = await answered(client.getPlan(plan!, asked));
  const made = { ...plan!, change, count, matched, skipped, skips, breakdown, sample, filters };
  return new RemotePlan(client, made, options.sample ?? SAMPLE);
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

  constructor(client: ConntrackClient, answer: PlanAnswer, sample: number) {
    const { refusal } = answer;
    this.#client = client;
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
    const { notAttempted: _, ...counts } = this.#resultOf(undefined);
    return { ...counts, dryRun: true, sample: [...this.sample] };
  }

  /**
   * Executes the plan. The server continues if the connection breaks; its outcome is then read from the plan's record.
   *
   * @throws TableError; if the signal is aborted, STOPPED with `details.continues` and the counts so far
   */
  async execute(options: Execute = {}): Promise<PlanResult> {
    checkCall('execute', options, EXECUTE);
    if (this.refusal !== undefined) throw this.refusal;
    const { signal, live, requestId } = options;
    signal?.throwIfAborted();
    const ended = new AbortController();
    const observed = live && this.#observe(live, signal ? AbortSignal.any([signal, ended.signal]) : ended.signal);
    try {
      const answer = await this.#client.execute(this.id, {
        ...(signal && { signal }),
        ...(requestId !== undefined && { requestId }),
      });
      return { ...resultOf(answer), notAttempted: answer.notAttempted ?? 0 };
    } catch (error) {
      if (error instanceof ApiError) throw tableError(error);
      return await this.#outcome(error, signal);
    } finally {
      ended.abort();
      await observed;
    }
  }

  /** Reads the counts in intervals until the signal is aborted. */
  async #observe(live: (result: Readonly<PlanResult>) => void, signal: AbortSignal): Promise<void> {
    const result = this.#resultOf(undefined);
    live(result);
    try {
      for (;;) {
        await sleep(INTERVAL, signal);
        Object.assign(result, this.#resultOf((await this.#client.getPlan(this.id, { signal })).result));
      }
    } catch {
      // The change has ended, or its own request reports what failed.
    }
  }

  /** Returns the outcome of a change whose response did not arrive. @throws the reason, with the counts so far */
  async #outcome(reason: unknown, signal: AbortSignal | undefined): Promise<PlanResult> {
    let record = await this.#record();
    while (record?.state === 'running' && signal?.aborted !== true) {
      await sleep(INTERVAL, signal).catch(() => undefined);
      record = await this.#record();
    }
    if (record?.state === 'done') return this.#resultOf(record.result);
    throw this.#stopped(reason, record);
  }

  /** The plan's record; `undefined` if the server does not answer. Also read if the caller has stopped to wait. */
  #record(): Promise<PlanRecord | undefined> {
    return this.#client.getPlan(this.id, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => undefined);
  }

  #stopped(reason: unknown, record: PlanRecord | undefined): unknown {
    // The request did not reach the server, so nothing was changed.
    if (record?.state === 'ready') return tableError(reason);
    if (record === undefined)
      return new TableError('STOPPED', `the server does not answer, and it may continue with plan ${this.id}`, {
        cause: reason,
      });
    const result = this.#resultOf(record.result);
    if (record.state !== 'running')
      return new TableError(codeOf(record.problem?.code ?? 'unknown'), record.problem?.detail ?? String(reason), {
        cause: reason,
        result,
      });
    return new TableError('STOPPED', `the server continues with plan ${this.id}`, {
      ...{ cause: reason, result, continues: true },
    });
  }

  /** The counts of a record as a result. */
  #resultOf(counts: PlanRecord['result']): PlanResult {
    const { count, matched, skipped, skips, breakdown } = this;
    const { deleted, updated, ...rest } = counts ?? {};
    return {
      ...{ dryRun: false, matched, gone: 0, failed: 0, skipped, failures: [], warnings: [], notAttempted: count },
      ...{ skips: [...skips], breakdown: { ...breakdown } },
      ...rest,
      changed: deleted ?? updated ?? 0,
    };
  }
}
