import type { Flow, LabelMap } from '@conntrack/flow';
import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import type { Column } from '@conntrack/flow/columns';
import { printableJson } from '@conntrack/flow/text';
import type { FormatOptions } from '../core/formats.js';
import { csvHead, csvLine } from '../csv/write-csv.js';
import { formatLine } from '../line/write-line.js';
import { formatSave } from '../save/write-save.js';
import { formatXml, XML_FOOTER, XML_HEADER } from '../xml/write-flow.js';

const WRITER: OptionKeys<WriterOptions> = { now: 0, id: 0, ktimestamp: 0, labels: 0, columns: 0 };

/** How a list of flows is written: what stands before, between and behind its flows. */
export interface FlowWriter {
  /** Media type, with its character set where it has one. */
  readonly type: string;
  readonly head: string;
  readonly separator: string;
  /** Behind the last flow. */
  readonly tail: string;
  /** The whole text of a list without flows. */
  readonly empty: string;
  /** One flow. Its line end is in it, unless flows have a `separator`: then a list that breaks off ends with a whole line. */
  line(flow: Flow): string;
}

/** What can be said of a preset. */
export interface WriterOptions {
  /** Milliseconds since 1970 that `delta-time=` is computed to, for flows that have a start alone. Taken once for a list. */
  now?: number | undefined;
  /** `plain`, `extended`: what conntrack(8)'s `-o id`, `-o ktimestamp` and `-o labels` add. */
  id?: boolean | undefined;
  ktimestamp?: boolean | undefined;
  labels?: boolean | LabelMap | undefined;
  /** `csv`: the columns. Default: all that a flow has. */
  columns?: readonly Column[] | undefined;
}

const lines = (type: string, format: (flow: Flow) => string, head = '', tail = ''): FlowWriter => ({
  type,
  head,
  separator: '',
  tail,
  empty: head + tail,
  line: flow => `${format(flow)}\n`,
});

const text = (options: FormatOptions): FlowWriter =>
  lines('text/plain; charset=utf-8', flow => formatLine(flow, options));

/**
 * The formats that lists of flows are written in, by one name over HTTP, in `ctctl` and in a program:
 *
 * - `plain`, `extended`: conntrack(8)'s lines, with what {@link WriterOptions} adds;
 * - `save`: its `-o save`, with the mark;
 * - `xml`: its `-o xml`, marked, with all that a flow has;
 * - `csv`: a header and a line for each flow;
 * - `json`: an array; `ndjson`: a flow a line.
 */
const PRESETS = {
  plain: options => text({ ...options, format: 'conntrack' }),
  extended: options => text({ ...options, format: 'conntrack', extended: true }),
  save: () => lines('text/plain; charset=utf-8', flow => formatSave(flow, { whole: true })),
  xml: ({ now }) =>
    lines(
      'application/xml',
      flow => formatXml(flow, { format: 'xml', whole: true, now }),
      `${XML_HEADER}\n`,
      `${XML_FOOTER}\n`,
    ),
  csv: ({ columns }) => ({
    ...lines('text/csv; charset=utf-8', () => '', `${csvHead(columns)}\r\n`),
    line: flow => `${csvLine(flow, columns)}\r\n`,
  }),
  json: () => ({
    type: 'application/json',
    head: '[\n',
    separator: ',\n',
    tail: '\n]\n',
    empty: '[]\n',
    line: printableJson,
  }),
  ndjson: () => lines('application/x-ndjson', printableJson),
} satisfies Readonly<Record<string, (options: WriterOptions) => FlowWriter>>;

/** A preset's name. */
export type PresetName = keyof typeof PRESETS;

/** Every preset's name. */
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/** The writer of a preset. @throws OptionsError */
export function flowWriter(preset: PresetName, options: WriterOptions = {}): FlowWriter {
  checkKeys('flowWriter', options, WRITER);
  return PRESETS[preset](options);
}
