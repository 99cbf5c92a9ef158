import type { Flow, FlowOverview, OverviewOptions, ServerCapabilities } from '@conntrack/client';
import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { filterOf } from './filter-edit.js';
import { rowKey } from './flow-facts.js';
import { askedOf, type FlowsModel, filterOfView, flowsModel, type Recorded, WINDOW } from './flows.js';
import type { ViewModel } from './view.js';

/** What flows are read from: a server, or a capture in the browser. */
export interface FlowSource {
  overview(filter: string, options: OverviewOptions): Promise<FlowOverview>;
}

/** What is known about the source. */
export type SourceFacts = Pick<
  ServerCapabilities,
  'source' | 'accounting' | 'timestamps' | 'writable' | 'notes' | 'index'
>;

/** What only some sources have. A column that needs it is offered by those alone. */
export type Feature = 'live' | 'capture' | 'events' | 'differences';

/** A text to copy: what it is, and the text. */
export interface CopyLine {
  readonly label: string;
  readonly text: string | (() => Promise<string>);
}

/** The flow table and all around it, whatever the flows are read from. */
export interface TableModel extends ViewModel {
  readonly source: ReadonlySignal<FlowSource>;
  readonly capabilities: ReadonlySignal<SourceFacts | undefined>;
  readonly features: ReadonlySignal<ReadonlySet<Feature>>;
  readonly flows: FlowsModel;
  /** What the source records. */
  readonly recorded: ReadonlySignal<Recorded>;
  /** The flow whose details are open, and the selected flows. */
  readonly opened: ReadonlySignal<Flow | undefined>;
  readonly selected: ReadonlySignal<ReadonlyMap<string, Flow>>;
  may(scope: string): boolean;
  /** What can be copied of a flow. */
  lines(flow: Flow): readonly CopyLine[];
  /** A time of a flow as readers expect it. */
  timeText(time: string): string;
  open(flow: Flow | undefined): void;
  select(flow: Flow, on?: boolean): void;
  selectNone(): void;
}

/** What a source adds to the table. */
export type TableParts = Pick<TableModel, 'source' | 'capabilities' | 'features' | 'may' | 'lines' | 'timeText'>;

/** A table that can be read. */
export interface ReadableTable extends TableModel {
  /** Reads what the view shows. Returns false if nothing can be read now. @throws what the source throws */
  read(signal: AbortSignal): Promise<boolean>;
  /** Calls `again` whenever the view shows something else. */
  follow(again: () => void): void;
}

/** Milliseconds that scrolling must rest before rows are requested. */
const SETTLED = 60;

/** What an answer says that the source does not record. */
function missingOf(error: unknown): 'accounting' | 'timestamps' | 'rates' | undefined {
  const { code, problem } = error as { code?: string; problem?: { field?: string } };
  if (code !== 'field-unavailable') return undefined;
  const field = problem?.field ?? '';
  if (/rate$/.test(field)) return 'rates';
  return /^(age|start|stop)$/.test(field) ? 'timestamps' : 'accounting';
}

/** Makes the model of a flow table. */
export function tableModel(place: ViewModel, parts: TableParts): ReadableTable {
  const { view } = place;
  const { source, capabilities } = parts;
  const flows = flowsModel();
  // A source may say that it can record something, and no entry has it.
  const absent = signal<ReadonlySet<keyof Recorded>>(new Set());
  const recorded = computed(() => ({
    accounting: (capabilities.value?.accounting ?? false) && !absent.value.has('accounting'),
    timestamps: (capabilities.value?.timestamps ?? false) && !absent.value.has('timestamps'),
    indexed: capabilities.value?.index?.state === 'live',
    rates: capabilities.value?.index?.state === 'live' && capabilities.value.accounting && !absent.value.has('rates'),
  }));
  const opened = signal<Flow | undefined>();
  const selected = signal<ReadonlyMap<string, Flow>>(new Map());
  // One text for what decides the request, so that it is sent again only if that changes.
  const filter = computed(() => filterOfView(view.value));
  const subject = computed(() => {
    const { sort, netns, page, groups, metric } = view.value;
    return JSON.stringify([filter.value, sort, netns, page === 'host', groups, metric]);
  });
  const read = async (abort: AbortSignal): Promise<boolean> => {
    if (filterOf(filter.peek()) === undefined) return false;
    const offset = flows.offset.peek();
    const asked = askedOf(view.peek(), flows.limit.peek(), recorded.peek(), offset);
    const begun = performance.now();
    try {
      const answer = await source.peek().overview(asked.filter, { ...asked.options, signal: abort });
      if (abort.aborted) return false;
      batch(() => {
        // Scrolling may have asked for other rows meanwhile.
        flows.take(answer, performance.now() - begun, offset);
        const key = opened.peek() && rowKey(opened.peek()!);
        const current = key === undefined ? undefined : answer.items.find(flow => rowKey(flow) === key);
        if (current !== undefined) opened.value = current;
      });
      return true;
    } catch (error) {
      if (abort.aborted) return false;
      // The server's index is not current now: without it, there are no windows far down in the list.
      if (offset > 0 && (error as { code?: string }).code === 'unsupported') {
        flows.reset();
        return read(abort);
      }
      const missing = missingOf(error);
      if (missing === undefined || !recorded.peek()[missing]) throw error;
      absent.value = new Set([...absent.peek(), missing]);
      return read(abort);
    }
  };
  let scrolling: AbortController | undefined;
  const readRows = async (offset: number): Promise<void> => {
    scrolling?.abort();
    const own = new AbortController();
    scrolling = own;
    await new Promise(resolve => setTimeout(resolve, SETTLED));
    if (own.signal.aborted) return;
    const { filter: text, options } = askedOf(view.peek(), WINDOW, recorded.peek(), offset);
    const { groups: _, counts: __, ...rows } = options;
    // An error is shown by the next refresh, which asks for the same rows.
    const answer = await source
      .peek()
      .overview(text, { ...rows, signal: own.signal })
      .catch(() => undefined);
    if (answer !== undefined && !own.signal.aborted) flows.takeRows(answer.items, offset);
  };
  return {
    ...place,
    ...parts,
    flows,
    recorded,
    opened,
    selected,
    open(flow) {
      opened.value = flow;
    },
    select(flow, on) {
      const key = rowKey(flow);
      const next = new Map(selected.peek());
      if (on ?? !next.has(key)) next.set(key, flow);
      else next.delete(key);
      selected.value = next;
    },
    selectNone() {
      selected.value = new Map();
    },
    read,
    follow(again) {
      let before: string | undefined;
      effect(() => {
        const now = subject.value;
        flows.limit.value;
        if (before !== undefined) {
          if (now !== before) {
            absent.value = new Set();
            flows.reset();
            selected.value = new Map();
          }
          again();
        }
        before = now;
      });
      effect(() => {
        const { value: offset } = flows.offset;
        if (flows.windowed.peek()) void readRows(offset);
      });
    },
  };
}
