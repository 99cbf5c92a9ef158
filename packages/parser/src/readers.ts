import type { Flow } from '@conntrack/flow';
import type { FlowFormat } from './formats.js';
import { FlowLineReader } from './line.js';
import { readNdjson } from './ndjson.js';
import type { ParseOptions } from './options.js';
import { withoutPrefix } from './prefix.js';
import type { RecordReader } from './reader.js';
import { readSave } from './save.js';
import { FLOW_SHAPES, shapeOf } from './shapes.js';
import { StringReader } from './string-reader.js';
import { XmlReader } from './xml-lines.js';
import { readXml } from './xml-read.js';

type Make = (options: ParseOptions) => RecordReader<Flow>;
const lines: Make = options => new FlowLineReader(options);

/** The reader of each format of flows. */
const READERS: Readonly<Record<FlowFormat, Make>> = {
  proc: lines,
  ip_conntrack: lines,
  conntrack: lines,
  save: options => new StringReader(readSave(options)),
  xml: options => new XmlReader(options, readXml(options)),
  ndjson: () => new StringReader(readNdjson),
};

/** What chooses the reader: the format that was said, or else the line. */
export function chooseFlowReader(line: string, options: ParseOptions): RecordReader<Flow> | undefined {
  const said = typeof options.format === 'object' ? options.format.format : options.format;
  const format = said ?? shapeOf(FLOW_SHAPES, withoutPrefix(line));
  return format && READERS[format]?.(options);
}
