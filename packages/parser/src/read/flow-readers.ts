import type { Flow } from '@conntrack/flow';
import { withoutPrefix } from '../core/event-prefix.js';
import { formatSaid, type ParseOptions, type ReadFormat } from '../core/options.js';
import type { RecordReader } from '../core/record-reader.js';
import { StringReader } from '../core/string-reader.js';
import { FLOW_SHAPES, shapeOf } from '../detect/flow-shapes.js';
import { FlowLineReader } from '../line/flow-line-reader.js';
import { readNdjson } from '../ndjson/flow-json.js';

/** Makes the reader of a format. */
export type Make = (options: ParseOptions) => RecordReader<Flow>;
const lines: Make = options => new FlowLineReader(options);

/** The readers of the lines that the kernel and conntrack(8) print, and of NDJSON. */
const READERS: Readonly<Partial<Record<ReadFormat, Make>>> = {
  proc: lines,
  ip_conntrack: lines,
  conntrack: lines,
  ndjson: () => new StringReader(readNdjson),
};

/** Chooses the reader by the format in the options, or else by the line. `more`: the readers of further formats. */
export function chooseFlowReader(
  line: string,
  options: ParseOptions,
  more: typeof READERS = {},
): RecordReader<Flow> | undefined {
  const format = formatSaid(options) ?? shapeOf(FLOW_SHAPES, withoutPrefix(line));
  return format && (more[format] ?? READERS[format])?.(options);
}
