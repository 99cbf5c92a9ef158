import {
  decodeKey,
  type Flow,
  type FlowChange,
  type FlowCursor,
  FlowKeyError,
  FlowObjectCursor,
  type FlowRef,
  type NewFlow,
  refOf,
} from '@conntrack/flow';
import type { MadeFlow } from '../conntrack-table.js';
import { TableError } from '../errors.js';
import { invalidChange } from '../options.js';
import { exactly, isHopeless } from '../source/same-connection.js';
import type { TableSource } from '../source/source.js';
import { occupantOf } from './occupant.js';
import type { Sparing } from './select-targets.js';
import { isSameAsNew, upsertChange, upsertFault } from './upsert.js';

/** One change of a list. An upsert makes the flow, or, where the connection exists, sets its timeout, mark, status, labels and state. */
export type ListedChange =
  | { op: 'delete'; key: string }
  | { op: 'update'; key: string; change: FlowChange }
  | { op: 'create'; flow: NewFlow }
  | { op: 'upsert'; flow: NewFlow };

/**
 * What became of one change. `ready`: it would be done (of a dry run). `gone`: the connection has ended. `replaced`: it has ended, and another connection
 * has its tuple. `exists`: another entry has the tuple of a flow to be made. `protected`: it is left alone. `failed`: `error` says why.
 */
export interface ListedOutcome {
  outcome: 'done' | 'ready' | 'gone' | 'replaced' | 'exists' | 'protected' | 'failed';
  /** The key of the flow that is meant, was made, or is in the way; absent where none is visible. */
  key?: string;
  /** Of an upsert: whether the flow was (or would be) made, and not changed. */
  created?: boolean;
  /** Why it was not done. */
  error?: TableError;
  /** What the source dropped of a flow that was made. */
  warnings?: readonly string[];
}

/** How a list of changes is made. */
export interface ChangeEachOptions {
  /** Flows that this call leaves alone, beside those under the table's `protect` filter. */
  spare?: (cursor: FlowCursor) => boolean;
  /** Look at each entry, and change nothing. Each change is looked at by itself, as if the others were not made. */
  dryRun?: boolean;
  /** Stops between two changes. */
  signal?: AbortSignal;
}

/** What a list of changes needs of its table. */
export interface ChangeEachContext {
  readonly source: TableSource;
  readonly sparing: readonly Sparing[];
  create(flow: NewFlow): Promise<MadeFlow>;
}

const OUTCOMES = {
  FLOW_NOT_FOUND: 'gone',
  FLOW_REPLACED: 'replaced',
  FLOW_EXISTS: 'exists',
  PROTECTED: 'protected',
} as const satisfies Partial<Record<TableError['code'], ListedOutcome['outcome']>>;

const keyOf = (flow: Flow | undefined): { key?: string } => (flow?.key === undefined ? {} : { key: flow.key });

class Changer {
  readonly #context: ChangeEachContext;
  readonly #dryRun: boolean;
  readonly #signal: AbortSignal | undefined;

  constructor(context: ChangeEachContext, { dryRun = false, signal }: ChangeEachOptions) {
    this.#context = context;
    this.#dryRun = dryRun;
    this.#signal = signal;
  }

  /** Makes one change. @throws TableError what stands in the way */
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
    const { source } = this.#context;
    const ref = decodeKey(key);
    const flow = this.#changeable(exactly(ref, await source.get(ref, this.#signal)));
    if (!this.#dryRun)
      try {
        await source.delete(refOf(flow), this.#signal);
      } catch (error) {
        // The kernel answers both alike: who has the tuple now tells an end from a successor.
        if (error instanceof TableError && error.code === 'FLOW_NOT_FOUND')
          exactly(ref, await source.get(ref, this.#signal));
        throw error;
      }
    return { outcome: this.#outcome };
  }

  async #update(key: string, change: FlowChange): Promise<ListedOutcome> {
    const ref = decodeKey(key);
    const flow = exactly(ref, await this.#context.source.get(ref, this.#signal));
    await this.#change(flow, change);
    return { outcome: this.#outcome };
  }

  async #create(flow: NewFlow): Promise<ListedOutcome> {
    if (this.#dryRun) {
      const existing = await occupantOf(this.#context.source, flow, this.#signal);
      return existing === undefined ? { outcome: 'ready' } : { outcome: 'exists', ...keyOf(existing) };
    }
    const made = await this.#context.create(flow);
    return { outcome: 'done', ...keyOf(made), ...(made.warnings && { warnings: made.warnings }) };
  }

  async #upsert(flow: NewFlow): Promise<ListedOutcome> {
    const fault = upsertFault(flow);
    if (fault !== undefined) throw invalidChange(fault.message);
    let existing: Flow | undefined;
    try {
      existing = this.#dryRun ? await occupantOf(this.#context.source, flow, this.#signal) : undefined;
      if (existing === undefined) return { ...(await this.#create(flow)), created: true };
    } catch (error) {
      if (!(error instanceof TableError) || error.code !== 'FLOW_EXISTS') throw error;
      existing = error.details.flow;
      if (existing === undefined) throw error;
    }
    // Another translation of the same tuple is another connection than the one that is described.
    if (!isSameAsNew(existing, flow))
      throw new TableError('FLOW_EXISTS', 'an entry with this original tuple exists, and its reply tuple is another', {
        flow: existing,
      });
    await this.#change(existing, upsertChange(flow));
    return { outcome: this.#outcome, ...keyOf(existing), created: false };
  }

  async #change(flow: Flow, change: FlowChange): Promise<void> {
    const { source } = this.#context;
    const ref: FlowRef = refOf(this.#changeable(flow));
    if (!this.#dryRun) return source.update(ref, change, this.#signal);
    await source.checkChange?.(change);
    await source.checkUpdate?.(ref, change, this.#signal);
  }

  #changeable(flow: Flow): Flow {
    const cursor = new FlowObjectCursor(flow);
    const sparing = this.#context.sparing.find(({ test }) => test(cursor));
    if (sparing === undefined) return flow;
    throw new TableError('PROTECTED', `this connection is left alone: ${sparing.reason}`, { flow });
  }
}

/** An error that is about one change alone, as its outcome. @throws what is about all of them */
function outcomeOf(error: unknown): ListedOutcome {
  const known = error instanceof FlowKeyError ? invalidChange(error.message) : error;
  if (isHopeless(known)) throw known;
  const problem = known as TableError;
  const outcome = OUTCOMES[problem.code as keyof typeof OUTCOMES] ?? 'failed';
  return { outcome, ...keyOf(problem.details.flow), error: problem };
}

/** Makes changes one after the other, and yields the outcome of each. @throws TableError when the source as a whole fails; the signal's reason */
export async function* changeEach(
  context: ChangeEachContext,
  changes: Iterable<ListedChange>,
  options: ChangeEachOptions,
): AsyncGenerator<ListedOutcome> {
  const changer = new Changer(context, options);
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
