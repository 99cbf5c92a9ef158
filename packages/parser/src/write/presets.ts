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

/** How a list of flows is written: the text before, between and after its flows. */
export interface FlowWriter {
  /** Media type, with its character set if it has one. */
  readonly type: string;
  /** The text before the first flow. */
  readonly head: string;
  /** The text between two flows. */
  readonly separator: string;
  /** The text after the last flow. */
  readonly tail: string;
  /** The whole text of a list without flows. */
  readonly empty: string;
  /**
   * Formats one flow, with its line end. If flows have a `separator`, the line end is not included, so that an interrupted list ends with a
   * whole line.
   */
  line(flow: Flow): string;
}

/** The options of a preset. */
export interface WriterOptions {
  /** Milliseconds since 1970 up to which `delta-time=` is computed, for flows that have only a start. One value for the whole list. */
  now?: number | undefined;
  /** `plain`, `extended`: the additions of conntrack(8)'s `-o id`, `-o ktimestamp` and `-o labels`. */
  id?: boolean | undefined;
  ktimestamp?: boolean | undefined;
  labels?: boolean | LabelMap | undefined;
  /** `csv`: the columns. Default: everything that a flow has. */
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
 * The formats in which lists of flows are written, with the same names in the HTTP API, in `ctctl` and here:
 *
 * - `plain`, `extended`: conntrack(8)'s lines, with the additions of {@link WriterOptions};
 * - `save`: conntrack(8)'s `-o save`, with the mark;
 * - `xml`: conntrack(8)'s `-o xml`, marked, with everything that a flow has;
 * - `csv`: a header and one line for each flow;
 * - `json`: an array; `ndjson`: one flow per line.
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

/** The name of a preset. */
export type PresetName = keyof typeof PRESETS;

/** The names of all presets. */
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/** Returns the writer of a preset. @throws OptionsError */
export function flowWriter(preset: PresetName, options: WriterOptions = {}): FlowWriter {
  checkKeys('flowWriter', options, WRITER);
  return PRESETS[preset](options);
}
