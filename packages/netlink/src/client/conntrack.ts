import { checkOptions } from '@conntrack/flow/checks';
import type { CpuStats } from '@conntrack/flow/table';
import type { Capabilities } from '../change/capabilities.js';
import { EVENTS, type EventOptions, WATCH, type WatchOptions } from '../events/options.js';
import { EventStream } from '../events/stream.js';
import { type WatchItem, watch } from '../events/watch.js';
import { Expectations } from '../expectation/expectations.js';
import { probeCapabilities } from '../probe/capabilities.js';
import { OPEN, OPERATION, type OpenOptions, type OperationOptions } from '../socket/options.js';
import { Session } from '../socket/session.js';
import { type Flowtable, readFlowtable } from '../wire/flowtables.js';
import { messages } from '../wire/message.js';
import { readCount, readCpuStats, type TableCount } from '../wire/stats.js';
import * as U from '../wire/uapi.js';
import { ChangingClient } from './changing.js';

/**
 * A client of the kernel's connection tracking table in one network namespace.
 *
 * @example
 * ```ts
 * import { Conntrack } from '@conntrack/netlink';
 *
 * const conntrack = Conntrack.open();
 * for await (const flow of conntrack.list()) console.log(flow.original.src, flow.state);
 * conntrack.close();
 * ```
 */
export class Conntrack extends ChangingClient {
  /** The expectation table: connections that helpers (FTP, SIP …) expect. */
  readonly expectations: Expectations;

  private constructor(session: Session) {
    super(session);
    this.expectations = new Expectations(session);
  }

  /** Opens a client. The kernel checks privileges at the first request, not here. @throws NetlinkError, NativeMissingError */
  static open(options: OpenOptions = {}): Conntrack {
    checkOptions('open', options, OPEN);
    return new Conntrack(new Session(options));
  }

  /** Returns the number of entries and its maximum, without walking the table. */
  async count(): Promise<TableCount> {
    const answer = this.session.ask('count', (writer, sequence) =>
      writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_STATS, U.NLM_F_REQUEST, sequence, 0).end(),
    );
    return answer === undefined ? { count: 0 } : readCount(answer);
  }

  /** Returns the counters of each CPU since boot. Each namespace has its own. */
  async cpuStats(options: OperationOptions = {}): Promise<CpuStats[]> {
    checkOptions('cpuStats', options, OPERATION);
    const stats: CpuStats[] = [];
    const { signal } = options;
    const slabs = this.session.dumpRequest('stats', U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_STATS_CPU, signal);
    for await (const { buffer, length } of slabs)
      for (const message of messages(buffer, length))
        if (message.type >> 8 === U.NFNL_SUBSYS_CTNETLINK) stats.push(readCpuStats(buffer, message));
    return stats;
  }

  /**
   * Returns the flowtables of nftables in this namespace. Asking loads the module nf_tables if it is not loaded and the kernel can load
   * modules automatically.
   */
  async flowtables(options: OperationOptions = {}): Promise<Flowtable[]> {
    checkOptions('flowtables', options, OPERATION);
    const found: Flowtable[] = [];
    const { signal } = options;
    const slabs = this.session.dumpRequest('flowtables', U.NFNL_SUBSYS_NFTABLES, U.NFT_MSG_GETFLOWTABLE, signal);
    for await (const { buffer, length } of slabs)
      for (const message of messages(buffer, length))
        if (message.type >> 8 === U.NFNL_SUBSYS_NFTABLES) found.push(readFlowtable(buffer, message));
    return found;
  }

  /**
   * Subscribes to events from now on: the subscription is active when this returns. If `nf_conntrack_events` is 2, entries older than the
   * first listener send no events, see {@link eventsMode}. @throws NetlinkError
   */
  events(options: EventOptions = {}): EventStream {
    checkOptions('events', options, EVENTS);
    return new EventStream(this.session, options);
  }

  /**
   * Returns which entries send events, by this namespace's sysctl `net.netfilter.nf_conntrack_events`: `none` (0), `all` (1), or those
   * created while a program listened (2).
   */
  eventsMode(): 'none' | 'all' | 'listened' | undefined {
    const mode = this.sysctl('net.netfilter.nf_conntrack_events');
    return mode === undefined ? undefined : (['none', 'all', 'listened'] as const)[Number(mode)];
  }

  /** Yields the table as it is, and then its changes: subscribes, dumps, then follows the events. After lost events it dumps again. */
  watch(options: WatchOptions = {}): AsyncGenerator<WatchItem> {
    checkOptions('watch', options, WATCH);
    return watch(this, options);
  }

  /** Returns what the running kernel supports, tried once in a namespace made for it. See {@link Capabilities}. */
  capabilities(): Promise<Capabilities> {
    return probeCapabilities(this.session.addon, Conntrack.open);
  }

  /** Reads a sysctl of this client's namespace: `net.netfilter.nf_conntrack_acct`. Returns `undefined` if the kernel does not have it. */
  sysctl(name: string): string | undefined {
    return this.session.readFile(`/proc/sys/${name.replaceAll('.', '/')}`);
  }

  /** Closes the socket. Running dumps, batches and event streams have their own sockets, and end with their loops or signals. Can be called twice. */
  close(): void {
    this.session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
