import type { LocalTable } from '@conntrack/table';
import type { Principal } from '../auth/scopes.js';
import type { EventLimits } from '../events/event-limits.js';
import { EventJournal } from '../events/journal.js';
import { Problem } from '../http/problem/problems.js';
import type { ConcurrencyLimiter } from '../limits/concurrency.js';

/**
 * Finds the table of a network namespace. Returns `undefined` if the namespace does not exist. The function opens and
 * closes these tables itself.
 */
export type TableOfNetns = (name: string) => LocalTable | undefined | Promise<LocalTable | undefined>;

/** A table and everything that belongs to it. */
export interface ServedTable {
  readonly table: LocalTable;
  /** The table's events: one subscription for all streams. */
  readonly events: EventJournal;
  /** The namespace's name; empty for the server's own. */
  readonly netns: string;
  /** The path before the table's routes. */
  readonly base: string;
  /** The table limited to what a principal may see. Its dumps count for `caller`. */
  viewOf(principal: Principal, caller: string): LocalTable;
}

/** What all served tables need. */
export interface ServedTablesOptions {
  netns: TableOfNetns | undefined;
  /** The path before all paths that clients see. */
  basePath: string;
  dumps: ConcurrencyLimiter;
  eventLimits: Partial<EventLimits>;
  report: (error: unknown) => void;
}

/** A file name below /run/netns: `ip netns` creates them. Never a path. */
const NAME = /^(?!\.{1,2}$)[\w.:@+-]{1,64}$/;

/** Maximum number of views kept for one principal: anonymous callers have one for each address. */
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

/** The server's own table, and those of network namespaces, which are added on first use. */
export class ServedTables {
  readonly own: ServedTable;
  readonly #options: ServedTablesOptions;
  readonly #known = new Map<string, ServedTable>();

  constructor(table: LocalTable, options: ServedTablesOptions) {
    this.#options = options;
    this.own = servedTable(table, '', options);
  }

  /** The table of a namespace. @throws Problem `netns-unknown` */
  async find(name: string): Promise<ServedTable> {
    const table = NAME.test(name) ? await this.#options.netns?.(name) : undefined;
    const known = this.#known.get(name);
    if (known !== undefined && known.table === table) return known;
    // The namespace was removed, or another one has its name.
    known?.events.close();
    this.#known.delete(name);
    if (table === undefined)
      throw new Problem('netns-unknown', `network namespace '${name.slice(0, 64)}' not found here`);
    const served = servedTable(table, name, this.#options);
    this.#known.set(name, served);
    return served;
  }

  /** All tables that were used so far. */
  *all(): Generator<ServedTable> {
    yield this.own;
    yield* this.#known.values();
  }

  /** Ends all event streams. */
  close(): void {
    for (const { events } of this.all()) events.close();
  }
}
