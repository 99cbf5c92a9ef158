import type { LocalTable } from '@conntrack/table';
import type { Principal } from '../auth/scopes.js';
import type { EventLimits } from '../events/event-limits.js';
import { EventJournal } from '../events/journal.js';
import { Problem } from '../http/problem/problems.js';
import type { ConcurrencyLimiter } from '../limits/concurrency.js';

/** Finds the table of a network namespace; `undefined` when there is none with that name. It keeps tables open as it sees fit, and closes them. */
export type TableOfNetns = (name: string) => LocalTable | undefined | Promise<LocalTable | undefined>;

/** One table with all that belongs to it. */
export interface ServedTable {
  readonly table: LocalTable;
  /** The table's events: one subscription for all streams; `events.stats()` tells of them. */
  readonly events: EventJournal;
  /** The namespace's name; empty for the server's own. */
  readonly netns: string;
  /** The path in front of the table's routes. */
  readonly base: string;
  /** The table as a principal may see it. What it reads counts for `caller`. */
  viewOf(principal: Principal, caller: string): LocalTable;
}

/** What tables are made with. */
export interface ServedTablesOptions {
  netns: TableOfNetns | undefined;
  /** In front of all paths. */
  basePath: string;
  dumps: ConcurrencyLimiter;
  eventLimits: Partial<EventLimits>;
  report: (error: unknown) => void;
}

/** A file below /run/netns: what ip-netns(8) makes, and nothing that leads elsewhere. */
const NAME = /^(?!\.{1,2}$)[\w.:@+-]{1,64}$/;

/** Views that are kept for the callers of one principal: the addresses that use it without a token. */
const MAX_CALLERS = 1024;

function servedTable(
  table: LocalTable,
  netns: string,
  { dumps, eventLimits, report, basePath }: ServedTablesOptions,
): ServedTable {
  const views = new WeakMap<Principal, Map<string, LocalTable>>();
  return {
    table,
    events: new EventJournal(table, eventLimits, report),
    netns,
    base: netns === '' ? basePath : `${basePath}/netns/${netns}`,
    viewOf(principal, caller) {
      let known = views.get(principal);
      if (known === undefined || known.size > MAX_CALLERS) {
        known = new Map();
        views.set(principal, known);
      }
      let view = known.get(caller);
      if (view === undefined) {
        const { filter } = principal;
        view = table.view({ admit: signal => dumps.admit(caller, signal), ...(filter && { filter }) });
        known.set(caller, view);
      }
      return view;
    },
  };
}

/** The server's own table, and those of network namespaces, each from when it is first asked for. */
export class ServedTables {
  readonly own: ServedTable;
  readonly #options: ServedTablesOptions;
  readonly #known = new Map<string, ServedTable>();

  constructor(table: LocalTable, options: ServedTablesOptions) {
    this.#options = options;
    this.own = servedTable(table, '', options);
  }

  /** A namespace's. @throws Problem `netns-unknown` */
  async find(name: string): Promise<ServedTable> {
    const table = NAME.test(name) ? await this.#options.netns?.(name) : undefined;
    const known = this.#known.get(name);
    if (known !== undefined && known.table === table) return known;
    // Another namespace has the name now, or none.
    known?.events.close();
    this.#known.delete(name);
    if (table === undefined)
      throw new Problem('netns-unknown', `network namespace '${name.slice(0, 64)}' not found here`);
    const served = servedTable(table, name, this.#options);
    this.#known.set(name, served);
    return served;
  }

  /** All that were asked for. */
  *all(): Generator<ServedTable> {
    yield this.own;
    yield* this.#known.values();
  }

  /** Ends all streams of events. */
  close(): void {
    for (const { events } of this.all()) events.close();
  }
}
