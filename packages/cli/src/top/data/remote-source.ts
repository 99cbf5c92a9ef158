import type { Filter } from '@conntrack/filter';
import { FlowObjectCursor } from '@conntrack/flow';
import type { Metric, Page, SortTerm, Table, TableError } from '@conntrack/table';
import { Collector } from './collector.js';
import { FlowCounters } from './flow-counters.js';
import { GROUPINGS } from './grouping.js';
import type { GroupRow, Question, Snapshot, SortKey } from './snapshot.js';
import { type Clock, measuresRates, type TopSource } from './source.js';

/** Maximum number of flows in a sorted page of a server. */
const PAGE = 1000;

/** The order that a server makes without an index. It has no rates: the rates of the flows with the largest counters are compared here. */
const ORDER: Readonly<Record<SortKey, SortTerm>> = {
  rate: { field: 'bytes', descending: true },
  bytes: { field: 'bytes', descending: true },
  'packet-rate': { field: 'packets', descending: true },
  packets: { field: 'packets', descending: true },
  expires: { field: 'timeout', descending: true },
  age: { field: 'start' },
  flows: { field: 'bytes', descending: true },
  unreplied: { field: 'bytes', descending: true },
};

const METRICS: Readonly<Partial<Record<SortKey, Metric>>> = { flows: 'flows', bytes: 'bytes', packets: 'packets' };

/** Reads the table of a server: a refresh is one request, and the server ranks. */
const LARGEST = 'a server returns only the largest groups';

export class RemoteTopSource implements TopSource {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #counters = new FlowCounters();
  /** Whether the server has an index that measures rates, as far as it is known. */
  #hasRates = false;

  constructor(table: Table, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  cannotSort({ group, sort, reversed }: Question): string | undefined {
    if (group === undefined) return undefined;
    if (sort === 'rate' && this.#hasRates) return reversed ? LARGEST : undefined;
    if (METRICS[sort] === undefined)
      return 'a server ranks groups by flows, bytes or packets, and by rate with an index';
    return reversed ? LARGEST : undefined;
  }

  async refresh(question: Question, filter: Filter, signal: AbortSignal): Promise<Snapshot> {
    this.#hasRates = await measuresRates(this.#table, signal);
    const grouping = GROUPINGS.find(({ name }) => name === question.group);
    return grouping === undefined
      ? this.#flows(question, filter, signal)
      : this.#groups(question, grouping.by, filter, signal);
  }

  async #flows(question: Question, filter: Filter, signal: AbortSignal): Promise<Snapshot> {
    const { sort, reversed } = question;
    const counters = this.#counters;
    const { items, matched, sorted, byRate } = await this.#page(sort, reversed, filter, signal);
    // Other flows may have been on the page before, so that a flow that was not there need not be new.
    counters.forgetBaseline();
    const now = this.#clock.now();
    counters.begin(now);
    const collector = new Collector(question, counters);
    const cursor = new FlowObjectCursor();
    for (const flow of items) collector.add(cursor.move(flow), now);
    counters.end();
    for (const _ of counters.forgetEnded());
    const isRate = sort === 'rate' || sort === 'packet-rate';
    const limits = !sorted
      ? 'in no order: the server counts no bytes and packets'
      : isRate && !byRate && matched > items.length
        ? `rates of the ${items.length} flows with the most ${sort === 'rate' ? 'bytes' : 'packets'}`
        : undefined;
    return { question, rows: collector.rows(), matched, groups: undefined, ...(limits && { limits }) };
  }

  async #page(
    sort: SortKey,
    reversed: boolean,
    filter: Filter,
    signal: AbortSignal,
  ): Promise<Page & { sorted: boolean; byRate: boolean }> {
    const measured = this.#hasRates;
    const byRate = measured && sort === 'rate';
    const order = byRate ? { field: 'rate', descending: true } : ORDER[sort];
    const term = reversed ? { ...order, descending: !order.descending } : order;
    const asked = { filter, signal, limit: PAGE, ...(measured && { reads: ['rate'] }) };
    try {
      return { ...(await this.#table.page({ ...asked, sort: [term] })), sorted: true, byRate };
    } catch (error) {
      if ((error as Partial<TableError>).code !== 'FIELD_UNAVAILABLE') throw error;
      // The index was switched off meanwhile.
      if (measured) {
        this.#hasRates = false;
        return this.#page(sort, reversed, filter, signal);
      }
      return { ...(await this.#table.page({ filter, signal, limit: PAGE })), sorted: false, byRate };
    }
  }

  async #groups(question: Question, by: string, filter: Filter, signal: AbortSignal): Promise<Snapshot> {
    const metric = question.sort === 'rate' && this.#hasRates ? 'rate' : (METRICS[question.sort] ?? 'flows');
    const { items, matched, groups, approximate } = await this.#table.top({
      by,
      metric,
      k: question.limit,
      filter,
      signal,
    });
    const rows = items.map(
      ({ group, value, filter: narrowed }): GroupRow => ({
        kind: 'group',
        key: group,
        text: group,
        filter: narrowed,
        isWhole: true,
        flows: metric === 'flows' ? value : -1,
        unreplied: -1,
        counted: -1,
        rated: -1,
        bytes: metric === 'bytes' ? value : -1,
        packets: metric === 'packets' ? value : -1,
        rate: metric === 'rate' ? value : -1,
        packetRate: -1,
      }),
    );
    return {
      question,
      rows,
      matched,
      groups,
      ...(approximate && { limits: 'approximate: there are too many groups to count all' }),
    };
  }
}
