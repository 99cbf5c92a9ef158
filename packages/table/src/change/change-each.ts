import {
  decodeKey,
  type Flow,
  type FlowChange,
  FlowKeyError,
  type FlowRef,
  type NewFlow,
  refOf,
} from '@conntrack/flow';
import { callback, flag, type OptionRules } from '@conntrack/flow/checks';
import { type ListedChange, type ListedOutcome, TableError } from '@conntrack/flow/table';
import { invalidChange, OPERATION_RULES } from '../option-rules.js';
import { isSourceFailure, requireConnection } from '../source/require-connection.js';
import type { ChangeEachOptions } from '../table-options.js';
import type { ChangeContext } from './change-context.js';
import { withSkipped } from './change-context.js';
import { deleteFlow, requireChangeable } from './change-one.js';
import type { SkipOption } from './change-options.js';
import { conflictingEntry } from './conflicting-entry.js';
import { createFlow } from './create.js';
import { isSameAsNew, upsertChange, upsertFault } from './upsert.js';

/** Options of a list of single changes in this process. */
export type LocalChangeEachOptions = ChangeEachOptions & SkipOption;
export const CHANGE_EACH_RULES: OptionRules<LocalChangeEachOptions> = {
  ...OPERATION_RULES,
  skip: callback,
  dryRun: flag,
};

const OUTCOMES = {
  FLOW_NOT_FOUND: 'gone',
  FLOW_REPLACED: 'replaced',
  FLOW_EXISTS: 'exists',
  PROTECTED: 'protected',
} as const satisfies Partial<Record<TableError['code'], ListedOutcome['outcome']>>;

const keyOf = (flow: Flow | undefined): { key?: string } => (flow?.key === undefined ? {} : { key: flow.key });

class Changer {
  readonly #context: ChangeContext;
  readonly #dryRun: boolean;
  readonly #signal: AbortSignal | undefined;

  constructor(context: ChangeContext, { dryRun = false, signal }: ChangeEachOptions) {
    this.#context = context;
    this.#dryRun = dryRun;
    this.#signal = signal;
  }

  /** Makes one change. @throws TableError if the change cannot be made */
  make(item: ListedChange): Promise<ListedOutcome> {
    switch (item.op) {
      case 'delete':
        return this.#delete(item.key);
      case 'update':
        return this.#update(item.key, item.change);
      case 'create':
        return this.#create(item.flow);
      case 'upsert':
        return this.#upsert(item.flow);
    }
  }

  get #outcome(): 'done' | 'ready' {
    return this.#dryRun ? 'ready' : 'done';
  }

  async #delete(key: string): Promise<ListedOutcome> {
    if (!this.#dryRun) await deleteFlow(this.#context, key, this.#signal);
    else requireChangeable(this.#context, await this.#get(key));
    return { outcome: this.#outcome };
  }

  async #update(key: string, change: FlowChange): Promise<ListedOutcome> {
    await this.#change(await this.#get(key), change);
    return { outcome: this.#outcome };
  }

  async #create(flow: NewFlow): Promise<ListedOutcome> {
    if (this.#dryRun) {
      const existing = await conflictingEntry(this.#context.source, flow, this.#signal);
      return existing === undefined ? { outcome: 'ready' } : { outcome: 'exists', ...keyOf(existing) };
    }
    const made = await createFlow(this.#context.source, flow, this.#signal);
    return { outcome: 'done', ...keyOf(made), ...(made.warnings && { warnings: made.warnings }) };
  }

  async #upsert(flow: NewFlow): Promise<ListedOutcome> {
    const fault = upsertFault(flow);
    if (fault !== undefined) throw invalidChange(fault.message);
    let existing: Flow | undefined;
    try {
      existing = this.#dryRun ? await conflictingEntry(this.#context.source, flow, this.#signal) : undefined;
      if (existing === undefined) return { ...(await this.#create(flow)), created: true };
    } catch (error) {
      if (!(error instanceof TableError) || error.code !== 'FLOW_EXISTS') throw error;
      existing = error.details.flow;
      if (existing === undefined) throw error;
    }
    // With another translation, an entry with the same tuple is another connection.
    if (!isSameAsNew(existing, flow))
      throw new TableError('FLOW_EXISTS', 'an entry with this original tuple exists, with another reply tuple', {
        flow: existing,
      });
    await this.#change(existing, upsertChange(flow));
    return { outcome: this.#outcome, ...keyOf(existing), created: false };
  }

  async #change(flow: Flow, change: FlowChange): Promise<void> {
    const { source } = this.#context;
    const ref: FlowRef = refOf(requireChangeable(this.#context, flow));
    if (!this.#dryRun) return source.update(ref, change, this.#signal);
    await source.checkChange?.(change);
    await source.checkUpdate?.(ref, change, this.#signal);
  }

  async #get(key: string): Promise<Flow> {
    const ref = decodeKey(key);
    return requireConnection(ref, await this.#context.source.get(ref, this.#signal));
  }
}

/** Returns the outcome for an error about one change. @throws errors about the whole source */
function outcomeOf(error: unknown): ListedOutcome {
  const known = error instanceof FlowKeyError ? invalidChange(error.message) : error;
  if (isSourceFailure(known)) throw known;
  const problem = known as TableError;
  const outcome = OUTCOMES[problem.code as keyof typeof OUTCOMES] ?? 'failed';
  return { outcome, ...keyOf(problem.details.flow), error: problem };
}

/** Makes changes one after the other, and yields the outcome of each. @throws TableError if the whole source fails; the signal's reason */
export async function* changeEach(
  context: ChangeContext,
  changes: Iterable<ListedChange>,
  options: LocalChangeEachOptions,
): AsyncGenerator<ListedOutcome> {
  const exclusions = withSkipped(context.exclusions, options.skip);
  const changer = new Changer({ ...context, exclusions }, options);
  for (const item of changes) {
    options.signal?.throwIfAborted();
    const named = 'key' in item ? { key: item.key } : {};
    try {
      yield { ...named, ...(await changer.make(item)) };
    } catch (error) {
      yield { ...outcomeOf(error), ...named };
    }
  }
}
