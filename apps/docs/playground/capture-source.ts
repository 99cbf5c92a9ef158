// A capture as a source of flows: the table package reads it as it reads every table.
import type { Flow, FlowOverview, OverviewOptions } from '@conntrack/client';
import { parseFilter } from '@conntrack/filter/hints';
import { printQuery } from '@conntrack/filter/print';
import { type FlowCursor, FlowObjectCursor, type FlowRef, refOf } from '@conntrack/flow';
import type { TableCapabilities } from '@conntrack/flow/table';
import type { CaptureRecord } from '@conntrack/parser/capture';
// These modules of the table package run in a browser. The package as a whole does not: it contains the kernel's table.
import { overview } from '../../../packages/table/src/read/overview.js';
import { parseSort } from '../../../packages/table/src/read/sort.js';
import { allRecorded, noteRecorded, type Recorded } from '../../../packages/table/src/source/recorded.js';
import type { RowBatch, RowCursor } from '../../../packages/table/src/source/rows.js';
import type { TableSource } from '../../../packages/table/src/source/source.js';
import type { SeenFlow } from '../../console/src/model/flow-facts.js';
import type { FlowSource } from '../../console/src/model/table.js';
import { laterTask, WORK } from './read-capture.js';

/** A record of the playground: with the capture that has it, if two are compared. */
export interface SeenRecord extends CaptureRecord {
  difference?: string;
}

/** What the page knows about its records. */
export interface CaptureFacts {
  accounting: boolean;
  timestamps: boolean;
  events: boolean;
}

/** Number of records in a batch. */
const BATCH = 2000;

class RecordCursor extends FlowObjectCursor implements RowCursor {
  readonly #records: readonly SeenRecord[];
  readonly #first: number;
  #at = 0;
  #allowed: ((row: FlowCursor) => boolean) | undefined;

  constructor(records: readonly SeenRecord[], first: number) {
    super();
    this.#records = records;
    this.#first = first;
  }

  only(allowed: (row: FlowCursor) => boolean): this {
    this.#allowed = allowed;
    return this;
  }

  next(): boolean {
    for (;;) {
      const record = this.#records[this.#at++];
      if (record === undefined) return false;
      this.move(record.flow, record.type);
      if (this.#allowed === undefined || this.#allowed(this)) return true;
    }
  }

  ref(): FlowRef {
    return refOf(this.flow());
  }

  /** The record with what the page shows of it. Its key is its place, because a log has many records of one connection. */
  seen(): Flow & SeenFlow {
    const { flow, type, difference } = this.#records[this.#at - 1]!;
    return {
      ...flow,
      key: String(this.#first + this.#at - 1),
      ...(type !== undefined && { event: type }),
      ...(difference !== undefined && { difference }),
    } as Flow & SeenFlow;
  }
}

/** Yields the records of a capture, and lets the page run in between. */
async function* batches(records: readonly SeenRecord[], signal: AbortSignal | undefined): AsyncGenerator<RowBatch> {
  let since = performance.now();
  for (let first = 0; first < records.length; first += BATCH) {
    const some = records.slice(first, first + BATCH);
    yield { cursor: () => new RecordCursor(some, first) };
    if (performance.now() - since < WORK) continue;
    await laterTask();
    signal?.throwIfAborted();
    since = performance.now();
  }
}

const recordedIn = (records: readonly SeenRecord[]): Recorded => {
  const found = allRecorded(records.length === 0);
  for (const { flow } of records) noteRecorded(flow, found);
  return found;
};

/** What the records of a capture carry. */
export function factsOf(records: readonly SeenRecord[]): CaptureFacts {
  const { counters, start, age } = recordedIn(records);
  return {
    accounting: counters,
    timestamps: start || age,
    events: records.some(({ type }) => type !== undefined),
  };
}

/** The records as a source of flows. A filter on a field that none of them has is an error. */
export function captureSource(name: string, records: readonly SeenRecord[]): FlowSource {
  const recorded = recordedIn(records);
  const source: Partial<TableSource> = {
    info: { kind: 'capture', name, writable: false },
    capabilities: async (): Promise<TableCapabilities> => ({
      accounting: true,
      timestamps: true,
      writable: false,
      notes: [],
    }),
    hasEvents: records.some(({ type }) => type !== undefined),
    recorded: async () => recorded,
    scan: ({ signal }) => batches(records, signal),
  };
  return {
    async overview(text, { sort, groups, counts = {}, limit = 100, signal }: OverviewOptions): Promise<FlowOverview> {
      const { filter, warnings } = parseFilter(text.trim() === '' ? 'all' : text);
      const { items, more, scanned, matched, ...found } = await overview(
        source as TableSource,
        {
          filter,
          limit,
          ...(sort !== undefined && { sort: parseSort(String(sort)) }),
          ...(groups !== undefined && { groups }),
          counts: Object.fromEntries(
            Object.entries(counts).map(([each, term]) => [each, parseFilter(String(term)).filter]),
          ),
          ...(signal && { signal }),
        },
        cursor => (cursor as RecordCursor).seen(),
      );
      const meta = { scanned, matched, more, filter: printQuery(filter), warnings, time: new Date().toISOString() };
      return { items, ...found, meta } as unknown as FlowOverview;
    },
  };
}
