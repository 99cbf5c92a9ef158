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
import { messages } from '../wire/message.js';
import { readCount, readCpuStats, type TableCount } from '../wire/stats.js';
import * as U from '../wire/uapi.js';
import { ChangingClient } from './changing.js';

/** A client of the kernel's connection tracking table in one network namespace. */
export class Conntrack extends ChangingClient {
  /** The expectations that helpers (FTP, SIP …) have of connections to come. */
  readonly expectations: Expectations;

  private constructor(session: Session) {
    super(session);
    this.expectations = new Expectations(session);
  }

  /** Opens a client. Privilege is asked for by the first request, not here. @throws NetlinkError, NativeMissingError */
  static open(options: OpenOptions = {}): Conntrack {
    checkOptions('open', options, OPEN);
    return new Conntrack(new Session(options));
  }

  /** How many entries there are, and can be; no walk of the table. */
  async count(): Promise<TableCount> {
    const answer = this.session.ask('count', (writer, sequence) =>
      writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_STATS, U.NLM_F_REQUEST, sequence, 0).end(),
    );
    return answer === undefined ? { count: 0 } : readCount(answer);
  }

  /** Counters of each CPU since boot. They are the namespace's own. */
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
   * Events, from now on: the subscription stands when this returns. Entries older than the first listener send none where
   * `nf_conntrack_events` is 2, see {@link eventsMode}. @throws NetlinkError
   */
  events(options: EventOptions = {}): EventStream {
    checkOptions('events', options, EVENTS);
    return new EventStream(this.session, options);
  }

  /** Who sends events, by this namespace's `net.netfilter.nf_conntrack_events`: nobody (0), all entries (1), those made while somebody listened (2). */
  eventsMode(): 'none' | 'all' | 'listened' | undefined {
    const mode = this.sysctl('net.netfilter.nf_conntrack_events');
    return mode === undefined ? undefined : (['none', 'all', 'listened'] as const)[Number(mode)];
  }

  /** The table as it is and what becomes of it: subscribes, dumps, then follows; after lost events it dumps again. */
  watch(options: WatchOptions = {}): AsyncGenerator<WatchItem> {
    checkOptions('watch', options, WATCH);
    return watch(this, options);
  }

  /** What the running kernel can do, tried out once in a namespace made for it; see {@link Capabilities}. */
  capabilities(): Promise<Capabilities> {
    return probeCapabilities(this.session.addon, Conntrack.open);
  }

  /** A sysctl of this client's namespace: `net.netfilter.nf_conntrack_acct`. `undefined` when the kernel has none with that name. */
  sysctl(name: string): string | undefined {
    return this.session.readFile(`/proc/sys/${name.replaceAll('.', '/')}`);
  }

  /** Frees the socket. Dumps, batches and events under way have sockets of their own, and end by their loops or signals. Safe to call twice. */
  close(): void {
    this.session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
