// The playground: the console on a text or a file.

import { compileFilter } from '@conntrack/filter/compile';
import { parseFilter } from '@conntrack/filter/hints';
import { FlowObjectCursor } from '@conntrack/flow';
import { formatEvent, formatFlow, XML_FOOTER, XML_HEADER } from '@conntrack/parser/format';
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { filterOf } from '../../console/src/model/filter-edit.js';
import { type SeenFlow, tupleFilter } from '../../console/src/model/flow-facts.js';
import { filterOfView } from '../../console/src/model/flows.js';
import { shellWord } from '../../console/src/model/format.js';
import { type Feature, type SourceFacts, type TableModel, tableModel } from '../../console/src/model/table.js';
import type { ViewModel } from '../../console/src/model/view.js';
import { type CaptureFacts, captureSource, factsOf, type SeenRecord } from './capture-source.js';
import { compareCaptures, type Difference } from './compare.js';
import { OUTPUT_FORMATS, type OutputFormat } from './output-formats.js';
import { type Capture, readCapture } from './read-capture.js';

/** A text or a file. */
export interface Input {
  readonly name: string;
  readonly content: string | File;
}

/** Everything that the playground shows. */
export interface PlaygroundModel extends TableModel {
  readonly input: ReadonlySignal<Input>;
  /** The capture that the first one is compared with. */
  readonly second: ReadonlySignal<Input | undefined>;
  /** What is read of each so far. */
  readonly capture: ReadonlySignal<Capture | undefined>;
  readonly other: ReadonlySignal<Capture | undefined>;
  /** Which connections of two captures are shown. Default: all. */
  readonly difference: ReadonlySignal<Difference | undefined>;
  /** The text that a first visit shows. */
  readonly sample: Input;
  /** Whether links contain the text. */
  readonly shared: ReadonlySignal<boolean>;
  /** Why the flows cannot be shown. */
  readonly fault: ReadonlySignal<string | undefined>;
  use(input: Input): void;
  compareWith(input: Input | undefined): void;
  showDifference(which: Difference | undefined): void;
  share(on: boolean): void;
  /** The matching records in a format. */
  written(format: OutputFormat): string;
}

/** Milliseconds between two looks at a text that is still being read. */
const SHOWN_EVERY = 1000;

/** Reads an input whenever it changes. */
function reader(input: ReadonlySignal<Input | undefined>): ReadonlySignal<Capture | undefined> {
  const capture = signal<Capture | undefined>();
  effect(() => {
    const now = input.value;
    if (now === undefined) {
      capture.value = undefined;
      return;
    }
    const abort = new AbortController();
    // What is read so far is shown now and then: each time, the page reads all of it.
    let shown = 0;
    const onProgress = (found: Capture): void => {
      if (abort.signal.aborted || (!found.done && performance.now() - shown < SHOWN_EVERY)) return;
      shown = performance.now();
      capture.value = { ...found };
    };
    readCapture(now.content, { signal: abort.signal, onProgress }).catch((error: Error) => {
      const line = { line: 0, column: 0, expected: 'a file that can be read', snippet: error.message };
      onProgress({ lines: 0, records: [], flows: 0, events: 0, badLines: 1, bad: [line], done: true });
    });
    return () => abort.abort();
  });
  return capture;
}

/** A local time as it stood in the text, which was read as UTC. */
const asWritten = (time: string): string => time.replace('T', ' ').replace(/(\.0+)?Z$/, '');

const copied = OUTPUT_FORMATS[1]!;

/** A record in a format. */
const recordText = ({ flow, type, time }: SeenRecord, { options }: OutputFormat): string =>
  type === undefined
    ? formatFlow(flow, options)
    : formatEvent({ type, flow, ...(time !== undefined && { time }) }, options);

/** Makes the model of the page. */
export function playgroundModel(
  place: ViewModel,
  first: Input,
  { sample, shared }: { sample: Input; shared: Signal<boolean> },
): PlaygroundModel {
  const { view } = place;
  const input = signal(first);
  const second = signal<Input | undefined>();
  const difference = signal<Difference | undefined>();
  const fault = signal<string | undefined>();
  const capture = reader(input);
  const other = reader(second);
  const all = computed<readonly SeenRecord[]>(() => {
    const [mine, theirs] = [capture.value?.records ?? [], other.value?.records];
    return theirs === undefined ? mine : compareCaptures(mine, theirs);
  });
  const records = computed(() =>
    difference.value === undefined ? all.value : all.value.filter(each => each.difference === difference.value),
  );
  const facts = computed<CaptureFacts>(() => factsOf(all.value));
  const name = computed(() => input.value.name);
  const capabilities = computed<SourceFacts | undefined>(() => {
    if (capture.value === undefined) return undefined;
    const source = { kind: 'capture', name: name.value, writable: false } as const;
    return { source, ...facts.value, writable: false, notes: [] };
  });
  const features = computed<ReadonlySet<Feature>>(
    () =>
      new Set<Feature>([
        'capture',
        ...(facts.value.events ? (['events'] as const) : []),
        ...(other.value !== undefined ? (['differences'] as const) : []),
      ]),
  );
  const recordOf = (flow: SeenFlow & { key?: string }): SeenRecord | undefined => records.peek()[Number(flow.key)];
  const table = tableModel(place, {
    source: computed(() => captureSource(name.value, records.value)),
    capabilities,
    features,
    may: () => false,
    lines(flow) {
      const record = recordOf(flow);
      const tuple = tupleFilter(flow);
      return [
        ...(record === undefined ? [] : [{ label: 'line', text: recordText(record, copied) }]),
        { label: 'filter', text: tuple },
        { label: 'ctctl', text: `ctctl list ${shellWord(tuple)}` },
        ...(record === undefined ? [] : [{ label: 'JSON', text: JSON.stringify(record.flow) }]),
      ];
    },
    timeText: asWritten,
  });
  let running: AbortController | undefined;
  const read = (): void => {
    running?.abort();
    const own = new AbortController();
    running = own;
    table.read(own.signal).then(
      known => {
        if (known && !own.signal.aborted) fault.value = undefined;
      },
      (error: Error) => {
        if (!own.signal.aborted) fault.value = error.message;
      },
    );
  };
  table.follow(read);
  effect(() => {
    if (capture.value === undefined) return;
    void table.source.value;
    read();
  });
  return {
    ...table,
    input,
    second,
    capture,
    other,
    difference,
    fault,
    sample,
    shared,
    share(on) {
      shared.value = on;
      place.adjust({});
    },
    use(next) {
      batch(() => {
        input.value = next;
        table.open(undefined);
      });
    },
    compareWith(next) {
      batch(() => {
        second.value = next;
        difference.value = undefined;
        table.open(undefined);
      });
    },
    showDifference(which) {
      difference.value = which;
    },
    written(format) {
      const filter = filterOf(filterOfView(view.peek())) ?? parseFilter('all').filter;
      const matches = compileFilter(filter);
      const cursor = new FlowObjectCursor();
      const lines = records
        .peek()
        .filter(({ flow, type }) => matches(cursor.move(flow, type)))
        .map(record => recordText(record, format));
      return format.name === 'xml'
        ? `${XML_HEADER}${lines.join('\n')}\n${XML_FOOTER}`
        : lines.map(line => `${line}\n`).join('');
    },
  };
}
