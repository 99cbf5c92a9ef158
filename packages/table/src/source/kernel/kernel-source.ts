import type { Flow, FlowChange, FlowCursor, FlowRef, NewFlow } from '@conntrack/flow';
import { anything, checkOptions, type OptionRules } from '@conntrack/flow/checks';
import { type SourceInfo, type TableCapabilities, TableError, type TableFlushScope } from '@conntrack/flow/table';
import { type BatchOutcome, Conntrack, type CpuStats, type Dropped, NetlinkError } from '@conntrack/netlink';
import { TRACKING_RULES } from '../../doctor/tracking-rules.js';
import { selectEvents } from '../../events/selected-events.js';
import type { LocalEventOptions, LocalTableEvents } from '../events.js';
import type { TableFacts } from '../facts.js';
import { batchOfFlows } from '../object-rows.js';
import type { RowBatch, RowCursor } from '../rows.js';
import type { ChangeOutcome, Check, ScanOptions, TableSource } from '../source.js';
import { fromNetlink } from './errors.js';
import { KernelEvents } from './events.js';
import { KernelExpectations } from './expectations.js';
import { kernelFacts } from './facts.js';
import { kernelFilterTest } from './kernel-filter-test.js';
import { isNatBuiltIn, isNatLoaded, NO_NAT } from './modules.js';
import { planKernel } from './planner.js';

/** Conditions of a flush that the kernel may not apply. */
const FLUSH_CONDITIONS = ['family', 'zone', 'mark'] as const;

/** Which kernel table to use. */
export interface KernelOptions {
  /** Another network namespace: a name under /run/netns, a path, or an open file descriptor. */
  netns?: string | number;
}
export const KERNEL_RULES: OptionRules<KernelOptions> = { netns: anything };

const nameOf = ({ netns }: KernelOptions): string =>
  netns === undefined ? 'kernel' : `kernel (network namespace ${netns})`;

/** From this share of `nf_conntrack_max` on, a table is called nearly full. */
const NEARLY_FULL = 0.9;

/** Why a table may be empty, and how to turn tracking on. */
const EMPTY_TABLE = `this table is empty: the kernel tracks connections only if a firewall rule requires it, such as: ${TRACKING_RULES.join('; ')}`;

/** Awaits an operation, and converts its error to one with the table's code. */
async function translated<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw fromNetlink(error);
  }
}

/** An update looks its entry up before it is sent, which may show that the entry has ended or was replaced. */
const isGone = (error: unknown): boolean =>
  error instanceof NetlinkError && (error.code === 'FLOW_REPLACED' || error.code === 'ENOENT');

const failing = (error: unknown): never => {
  throw fromNetlink(error);
};

function outcomeOf(each: BatchOutcome): ChangeOutcome {
  if (each.outcome === 'done') return 'changed';
  if (each.outcome === 'skipped') return { skipped: each.reason };
  return each.outcome === 'gone' || isGone(each.error) ? 'gone' : { failed: each.error };
}

/** Converts the outcomes of a batch. Not a generator, which would cost more for each outcome than the kernel's delete. */
function outcomes(batch: AsyncIterableIterator<BatchOutcome>): AsyncIterableIterator<ChangeOutcome> {
  const translate = (step: IteratorResult<BatchOutcome>): IteratorResult<ChangeOutcome> =>
    step.done === true ? step : { done: false, value: outcomeOf(step.value) };
  return {
    next: () => batch.next().then(translate, failing),
    return: async () => {
      await batch.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The live table of a network namespace, over netlink. */
export class KernelSource implements TableSource {
  readonly info: SourceInfo;
  readonly expectations: KernelExpectations;
  readonly #conntrack: Conntrack;
  #natBuiltIn: Promise<boolean | undefined> | undefined;

  private constructor(conntrack: Conntrack, options: KernelOptions) {
    this.#conntrack = conntrack;
    this.expectations = new KernelExpectations(conntrack);
    this.info = {
      kind: 'kernel',
      name: nameOf(options),
      writable: true,
    };
  }

  /**
   * Opens the table and reads its number of entries, so that a missing privilege is reported here and not later. @throws TableError
   * NOT_PRIVILEGED, UNSUPPORTED
   */
  static async open(options: KernelOptions = {}): Promise<KernelSource> {
    checkOptions('KernelSource.open', options, KERNEL_RULES);
    let conntrack: Conntrack | undefined;
    try {
      conntrack = Conntrack.open(options);
      await conntrack.count();
      return new KernelSource(conntrack, options);
    } catch (error) {
      conntrack?.close();
      if (error instanceof NetlinkError && error.operation === 'count' && error.code === 'EPERM')
        throw new TableError(
          'NOT_PRIVILEGED',
          `${nameOf(options)} needs CAP_NET_ADMIN in its network namespace: run this with sudo, or give the program the capability`,
          { cause: error, missing: 'capability' },
        );
      throw fromNetlink(error);
    }
  }

  async capabilities(): Promise<TableCapabilities> {
    const { count, max } = await translated(this.#conntrack.count());
    const notes: string[] = [];
    if (count === 0) notes.push(EMPTY_TABLE);
    if (max !== undefined && count >= max * NEARLY_FULL)
      notes.push(
        `the table is nearly full (${count} of ${max}); raise it with: sysctl -w net.netfilter.nf_conntrack_max=${max * 2}`,
      );
    if ((await this.#hasNat()) === false) notes.push(NO_NAT);
    const events = this.#sysctl('nf_conntrack_events');
    const loose = this.#sysctl('nf_conntrack_tcp_loose');
    return {
      count,
      ...(max !== undefined && { max }),
      accounting: this.#records('nf_conntrack_acct'),
      timestamps: this.#records('nf_conntrack_timestamp'),
      ...(events !== undefined && { eventsMode: events }),
      ...(loose !== undefined && { tcpLoose: loose !== 0 }),
      writable: true,
      notes,
    };
  }

  async size(): Promise<number> {
    return (await translated(this.#conntrack.count())).count;
  }

  /** A module may be loaded at any time. What is built into the kernel is looked up once. */
  async #hasNat(): Promise<boolean | undefined> {
    if (await isNatLoaded()) return true;
    this.#natBuiltIn ??= isNatBuiltIn();
    return this.#natBuiltIn;
  }

  /**
   * Whether a setting is on. If other settings can be read and this one does not exist, the kernel was built without it. If /proc/sys is
   * hidden, nothing is refused.
   */
  #records(name: string): boolean {
    const value = this.#sysctl(name);
    return value === undefined ? this.#sysctl('nf_conntrack_max') === undefined : value !== 0;
  }

  #sysctl(name: string): number | undefined {
    const text = this.#conntrack.sysctl(`net.netfilter.${name}`);
    return text === undefined ? undefined : Number(text);
  }

  async *scan({ filter, signal }: ScanOptions): AsyncGenerator<RowBatch> {
    const plan = planKernel(filter ?? { kind: 'all' });
    const aborting = signal ? { signal } : {};
    try {
      if (plan.kind === 'lookup') {
        const flows: Flow[] = [];
        for (const ref of plan.refs) {
          const flow = await this.#conntrack.get(ref, aborting);
          // The second look-up may find the other direction of the same flow.
          if (flow !== undefined && flows.every(({ id }) => id !== flow.id)) flows.push(flow);
        }
        if (flows.length > 0) yield batchOfFlows(flows);
        return;
      }
      // A kernel may send more than requested (zones of one direction, or conditions that an old kernel does not compare). With several
      // dumps, each row is taken only from the dump whose filter it matches, so that it counts once.
      const own = plan.filters.length > 1 ? plan.filters.map(kernelFilterTest) : [];
      for await (const slab of this.#conntrack.dumps(plan.filters, { reuse: true, ...aborting })) {
        const came = own[slab.filter];
        const earlier = own.slice(0, Math.max(0, slab.filter));
        const isRepeated = came && ((cursor: FlowCursor) => !came(cursor) || earlier.some(before => before(cursor)));
        yield { cursor: () => slab.cursor(), ...(isRepeated && { isRepeated }) };
      }
    } catch (error) {
      throw fromNetlink(error);
    }
  }

  get(ref: FlowRef, signal?: AbortSignal): Flow | undefined {
    return this.row(ref, signal)?.flow();
  }

  row(ref: FlowRef, signal?: AbortSignal): RowCursor | undefined {
    // A new flow is a reference too, but has members that the client does not accept in one.
    const { family, protonum, original, zone } = ref;
    const tuple = { family, protonum, original, ...(zone !== undefined && { zone }) };
    signal?.throwIfAborted();
    try {
      return this.#conntrack.getEntry(tuple);
    } catch (error) {
      throw fromNetlink(error);
    }
  }

  create(flow: NewFlow, signal?: AbortSignal): Promise<readonly Dropped[]> {
    return translated(this.#conntrack.create(flow, signal ? { signal } : {}));
  }

  checkCreate(flow: NewFlow): Promise<void> {
    return translated(this.#conntrack.checkCreate(flow));
  }

  checkChange(change: FlowChange): Promise<void> {
    return translated(this.#conntrack.checkChange(change));
  }

  update(ref: FlowRef, change: FlowChange, signal?: AbortSignal): Promise<void> {
    return translated(this.#conntrack.update(ref, change, signal ? { signal } : {}));
  }

  delete(ref: FlowRef, signal?: AbortSignal): Promise<void> {
    return translated(this.#conntrack.delete(ref, signal ? { signal } : {}));
  }

  deleteMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterableIterator<ChangeOutcome> {
    return outcomes(this.#conntrack.deleteMany(refs, { check, ...(signal && { signal }) }));
  }

  updateMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    change: FlowChange,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterableIterator<ChangeOutcome> {
    return outcomes(this.#conntrack.updateMany(refs, change, { check, ...(signal && { signal }) }));
  }

  async flushes(scope: TableFlushScope): Promise<boolean> {
    const given = Object.entries(scope).filter(([, value]) => value !== undefined);
    const asked = FLUSH_CONDITIONS.filter(condition => given.some(([name]) => name === condition));
    if (asked.length === 0) return true;
    const { flush } = await translated(this.#conntrack.capabilities());
    return asked.every(condition => flush.has(condition));
  }

  flush(scope: TableFlushScope, signal?: AbortSignal): Promise<void> {
    return translated(this.#conntrack.flush(scope, signal ? { signal } : {}));
  }

  getMany(refs: readonly FlowRef[], signal?: AbortSignal): Promise<(Flow | undefined)[]> {
    return translated(this.#conntrack.getMany(refs, signal ? { signal } : {}));
  }

  events({ reliable = false, ...options }: LocalEventOptions): Promise<LocalTableEvents> {
    return selectEvents(this, options, ({ types, buffer, signal }) => {
      if (this.#sysctl('nf_conntrack_events') === 0)
        throw new TableError(
          'UNSUPPORTED',
          'the kernel sends no events: net.netfilter.nf_conntrack_events is 0. Set it to 1 or 2 with sysctl',
        );
      try {
        return new KernelEvents(
          this.#conntrack.events({
            reliable,
            ...(types && { flows: types }),
            ...(buffer !== undefined && { buffer }),
            ...(signal && { signal }),
          }),
        );
      } catch (error) {
        throw fromNetlink(error);
      }
    });
  }

  facts(signal?: AbortSignal): Promise<TableFacts> {
    return translated(kernelFacts(this.#conntrack, signal));
  }

  stats(signal?: AbortSignal): Promise<CpuStats[]> {
    return translated(this.#conntrack.cpuStats(signal ? { signal } : {}));
  }

  close(): void {
    this.#conntrack.close();
  }
}
